using System.CommandLine;
using Grpc.Core;
using NetControl.Cli.Output;
using NetControl.Protocol.V1;
using Client = NetControl.Protocol.V1.DiagnosticsService.DiagnosticsServiceClient;

namespace NetControl.Cli.Commands;

/// <summary>netctl diagnose: what is wrong around the devices, and how to put it right.</summary>
internal static class DiagnoseCommand
{
    private const string Warning = "warning";
    private const string Error = "error";

    public static Command Create()
    {
        Argument<string> device = new("device")
        {
            Description = "The device; default all.",
            Arity = ArgumentArity.ZeroOrOne,
            DefaultValueFactory = _ => "",
        };
        Option<string?> failOn = new("--fail-on") { Description = "End with exit code 1 if something as severe is found." };
        failOn.AcceptOnlyFromAmong(Warning, Error);
        Command command = new("diagnose", "Look for what is wrong with interfaces, routes, rules and settings.") { device, failOn };
        return command.Does(async (p, c) =>
        {
            DiagnoseRoutingRequest request = new() { Device = Common.Qualify("devices", p.GetValue(device) ?? "") };
            DiagnoseRoutingResponse response = await new Client(c.Invoker).DiagnoseRoutingAsync(request, cancellationToken: c.Cancellation);
            c.Printer.Print(response, () => DiagnosticsText.Of(response));
            int grave = p.GetValue(failOn) is { } least
                ? response.Findings.Count(finding => least == Warning || finding.Severity == Finding.Types.Severity.Error) : 0;
            if (grave > 0)
            {
                throw new RpcException(new Status(StatusCode.FailedPrecondition, $"{grave} of the findings count as a failure"));
            }
        });
    }
}
