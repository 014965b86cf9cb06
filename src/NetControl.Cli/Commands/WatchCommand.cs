using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;
using Grpc.Core;
using NetControl.Cli.Completion;
using NetControl.Cli.Output;
using NetControl.Protocol.V1;

namespace NetControl.Cli.Commands;

/// <summary>netctl watch.</summary>
internal static class WatchCommand
{
    private static readonly string[] s_collections = ["devices", "delegates", "policies", "proxies"];

    public static Command Create()
    {
        Argument<string[]> what = new("what")
        {
            Description = "devices, delegates, policies, proxies; or resources by name, delegates/egress, 'proxies/eu-*'; none is all.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        what.CompletionSources.Add(context => context.WordToComplete.Contains('/', StringComparison.Ordinal)
            ? ResourceNames.Complete(context, s_collections)
            : s_collections.Where(c => c.StartsWith(context.WordToComplete, StringComparison.Ordinal)).Select(c => new CompletionItem(c)));
        Option<string?> resume = new("--resume") { Description = "Go on after EPOCH:SEQUENCE.", HelpName = "EPOCH:SEQUENCE" };
        resume.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && Parse(result.Tokens[0].Value) is null)
            {
                result.AddError($"--resume: \"{result.Tokens[0].Value}\" is not EPOCH:SEQUENCE");
            }
        });
        Command command = new("watch", "Follow devices, delegates, policies and proxies, until interrupted or the server ends.") { what, resume };
        return command.Does(async (p, c) =>
        {
            string[] words = p.GetValue(what) ?? [];
            string[] names = [.. words.Where(word => word.Contains('/', StringComparison.Ordinal))];
            string[] collections = [.. words.Except(names, StringComparer.Ordinal)];
            if (names.Length > 0)
            {
                // Whoever asks for all of one kind and for one of another means both.
                names = [.. names, .. collections.Select(collection => $"{collection}/*")];
                collections = [];
            }

            WatchResourcesRequest request = new() { Collections = { collections }, Names = { names }, ResumeFrom = Parse(p.GetValue(resume)) };
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
