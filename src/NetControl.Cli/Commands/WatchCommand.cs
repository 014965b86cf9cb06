using System.CommandLine;
using System.Globalization;
using Grpc.Core;
using NetControl.Cli.Output;
using NetControl.Protocol.V1;

namespace NetControl.Cli.Commands;

/// <summary>netctl watch.</summary>
internal static class WatchCommand
{
    public static Command Create()
    {
        Argument<string[]> collections = new("collections")
        {
            Description = "devices, delegates, proxies ...; none is all.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        collections.CompletionSources.Add("devices", "delegates", "policies", "proxies");
        Option<string?> resume = new("--resume") { Description = "Go on after EPOCH:SEQUENCE.", HelpName = "EPOCH:SEQUENCE" };
        resume.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && Parse(result.Tokens[0].Value) is null)
            {
                result.AddError($"--resume: \"{result.Tokens[0].Value}\" is not EPOCH:SEQUENCE");
            }
        });
        Command command = new("watch", "Follow devices, delegates, policies and proxies, until interrupted or the server ends.") { collections, resume };
        return command.Does(async (p, c) =>
        {
            WatchResourcesRequest request = new() { Collections = { p.GetValue(collections) ?? [] }, ResumeFrom = Parse(p.GetValue(resume)) };
            using AsyncServerStreamingCall<WatchResourcesResponse> call = new ConfigurationService.ConfigurationServiceClient(c.Invoker)
                .WatchResources(request, cancellationToken: c.Cancellation);
            await foreach (WatchResourcesResponse message in call.ResponseStream.ReadAllAsync(c.Cancellation))
            {
                c.Printer.PrintLines(message, () => Tables.Lines(message));
            }
        });
    }

    private static WatchResourcesRequest.Types.ResumePoint? Parse(string? text)
    {
        int colon = text?.LastIndexOf(':') ?? -1;
        return colon > 0 && long.TryParse(text.AsSpan(colon + 1), CultureInfo.InvariantCulture, out long sequence)
            ? new WatchResourcesRequest.Types.ResumePoint { Epoch = text![..colon], Sequence = sequence }
            : null;
    }
}
