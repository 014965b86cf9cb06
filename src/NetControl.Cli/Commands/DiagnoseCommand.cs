using System.CommandLine;
using NetControl.Cli.Output;
using NetControl.Protocol.V1;
using Client = NetControl.Protocol.V1.DiagnosticsService.DiagnosticsServiceClient;

namespace NetControl.Cli.Commands;

/// <summary>netctl diagnose: what is wrong around the devices, and how to put it right.</summary>
internal static class DiagnoseCommand
{
    public static Command Create()
    {
        Argument<string> device = new("device")
        {
            Description = "The device; default all.",
            Arity = ArgumentArity.ZeroOrOne,
            DefaultValueFactory = _ => "",
        };
        return new Command("diagnose", "Look for what is wrong with interfaces, routes, rules and settings.") { device }.Does(async (p, c) =>
        {
            DiagnoseRoutingRequest request = new() { Device = Common.Qualify("devices", p.GetValue(device) ?? "") };
            DiagnoseRoutingResponse response = await new Client(c.Invoker).DiagnoseRoutingAsync(request, cancellationToken: c.Cancellation);
            c.Printer.Print(response, () => DiagnosticsText.Of(response));
        });
    }
}
