using System.CommandLine;
using Grpc.Core;
using NetControl.Protocol.V1;
using Client = NetControl.Protocol.V1.DiagnosticsService.DiagnosticsServiceClient;

namespace NetControl.Cli.Commands;

/// <summary>netctl capture: a device's packets as pcapng, into a file or a pipe.</summary>
internal static class CaptureCommand
{
    private const string StandardOutput = "-";

    public static Command Create()
    {
        Argument<string> device = Common.Name("devices");
        Option<string> write = new("--write", "-w")
        {
            Description = "The file to write, or - for standard output: netctl capture tun0 -w - | tshark -r -",
            HelpName = "FILE|-",
            Required = true,
        };
        Option<long> count = new("--count", "-c") { Description = "End after so many packets." };
        Option<long> bytes = new("--max-bytes") { Description = "End before the packets take more bytes." };
        Option<string?> duration = Common.Duration("--duration", "End after this time.");
        Option<uint> snap = new("--snap-length", "-s") { Description = "Bytes to keep of each packet; default all." };
        Option<uint> buffer = new("--buffer-bytes") { Description = "Bytes that may wait for this reader; default 4 MiB." };
        CaptureFilterOptions filter = new();
        Command command = new("capture", "Record a device's packets (pcapng), without slowing it. What the reader is too slow for is counted.")
        {
            device, write, count, bytes, duration, snap, buffer,
        };
        return filter.AddTo(command).Does(async (p, c) =>
        {
            CaptureTrafficRequest request = new()
            {
                Device = Common.Qualify("devices", p.GetRequiredValue(device)),
                Filter = filter.Read(p),
                MaxPackets = p.GetValue(count),
                MaxBytes = p.GetValue(bytes),
                MaxDuration = Common.ParseDuration(p.GetValue(duration)),
                SnapLength = p.GetValue(snap),
                BufferBytes = p.GetValue(buffer),
            };
            string file = p.GetRequiredValue(write);
            await RunAsync(request, file, p.InvocationConfiguration.Error, c);
        });
    }

    private static async Task RunAsync(CaptureTrafficRequest request, string file, TextWriter error, CommandContext c)
    {
        using AsyncServerStreamingCall<CaptureTrafficResponse> call = new Client(c.Invoker).CaptureTraffic(
            request, cancellationToken: c.Cancellation);

        // The file is made when the server has agreed: a refused capture leaves an older file as it was.
        Stream? output = null;
        CaptureCounters counters = new();
        CaptureEnd.Types.Reason end = CaptureEnd.Types.Reason.Unspecified;
        try
        {
            await foreach (CaptureTrafficResponse message in call.ResponseStream.ReadAllAsync(c.Cancellation))
            {
                output ??= file == StandardOutput ? Console.OpenStandardOutput() : File.Create(file);
                counters = message.Counters;
                end = message.End?.Reason ?? end;
                if (!await TryWriteAsync(output, message))
                {
                    return; // whoever read our output has seen enough
                }
            }
        }
        finally
        {
            if (output is not null)
            {
                await output.DisposeAsync();
                await error.WriteLineAsync(
                    $"netctl: {counters.Captured} packets captured, {counters.Lost} lost, {counters.Seen} seen"
                    + (end == CaptureEnd.Types.Reason.Unspecified ? "" : $"; ended by {Words(end)}"));
            }
        }
    }

    private static async Task<bool> TryWriteAsync(Stream output, CaptureTrafficResponse message)
    {
        try
        {
            await output.WriteAsync(message.Pcapng.Memory);
            await output.FlushAsync();
            return true;
        }
        catch (IOException) when (output is not FileStream)
        {
            return false;
        }
    }

    private static string Words(CaptureEnd.Types.Reason reason) => reason switch
    {
        CaptureEnd.Types.Reason.PacketLimit => "the packet limit",
        CaptureEnd.Types.Reason.ByteLimit => "the byte limit",
        CaptureEnd.Types.Reason.TimeLimit => "the time limit",
        CaptureEnd.Types.Reason.DeviceClosed => "the device's end",
        _ => "the server",
    };
}
