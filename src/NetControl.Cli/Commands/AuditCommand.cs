using System.CommandLine;
using Grpc.Core;
using NetControl.Cli.Output;
using NetControl.Protocol.V1;
using Client = NetControl.Protocol.V1.AuditService.AuditServiceClient;

namespace NetControl.Cli.Commands;

/// <summary>netctl audit: who tried to change what, as far as the server remembers, and from now on.</summary>
internal static class AuditCommand
{
    public static Command Create()
    {
        Option<bool> follow = new("--follow", "-f") { Description = "Go on with what happens, until interrupted or the server ends." };
        Option<long?> since = new("--since") { Description = "Only what follows this number.", HelpName = "SEQUENCE" };
        Option<string[]> methods = Repeated("--method", "A method, CreateProxy or ProxyService/CreateProxy; may be repeated.");
        Option<string[]> callers = Repeated("--caller", "An identity, token:ci or system; may be repeated.");
        Option<string[]> resources = Repeated("--resource", "A resource's full name, devices/tun0; may be repeated.");
        return new Command("audit", "Read the audit log: every attempt to change something.") { follow, since, methods, callers,
            resources }.Does(async (p, c) =>
        {
            StreamAuditRecordsRequest request = new()
            {
                Methods = { p.GetRequiredValue(methods) },
                Callers = { p.GetRequiredValue(callers) },
                Resources = { p.GetRequiredValue(resources) },
                Remembered = p.GetValue(since) is null,
                ResumeFrom = p.GetValue(since) is { } sequence ? new ResumePoint { Sequence = sequence } : null,
            };
            using AsyncServerStreamingCall<StreamAuditRecordsResponse> call = new Client(c.Invoker).StreamAuditRecords(
                request, cancellationToken: c.Cancellation);
            await foreach (StreamAuditRecordsResponse message in call.ResponseStream.ReadAllAsync(c.Cancellation))
            {
                // The heartbeat after the remembered records: the rest is the future.
                if (message.MessageCase == StreamAuditRecordsResponse.MessageOneofCase.Heartbeat && !p.GetValue(follow))
                {
                    return;
                }

                c.Printer.PrintLines(message, () => AuditText.Lines(message));
            }
        });
    }

    private static Option<string[]> Repeated(string name, string description) =>
        new(name) { Description = description, DefaultValueFactory = _ => [] };
}
