using System.Buffers;
using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using NetControl.ControlPlane;
using NetControl.Engine.Captures;
using NetControl.Server.Audit;
using NetControl.Server.Hosting;
using NetControl.Server.Mapping;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Services;

/// <summary>One reader's capture: the header at once, then packets in batches, counters once a second, and the end.</summary>
/// <remarks>
/// Owner: the call. While a write waits for the client nothing is taken from the capture's rings; what they cannot hold is lost there, and
/// counted.
/// </remarks>
internal sealed class CaptureStream
{
    // With the largest packet on top, and the counters, a message stays below 1 MiB.
    private const int BatchBytes = 768 << 10;
    private static readonly TimeSpan s_pauseWhenBusy = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_pauseWhenIdle = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_statisticsInterval = TimeSpan.FromSeconds(1);

    private readonly NetControlPlane _plane;
    private readonly V1.CaptureTrafficRequest _request;
    private readonly IServerStreamWriter<V1.CaptureTrafficResponse> _stream;
    private readonly IAuditStream? _audit;
    private readonly ArrayBufferWriter<byte> _blocks = new(64 << 10);

    public CaptureStream(
        NetControlPlane plane, V1.CaptureTrafficRequest request, IServerStreamWriter<V1.CaptureTrafficResponse> stream, IAuditStream? audit)
    {
        _audit = audit;
        _plane = plane;
        _request = request;
        _stream = stream;
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        (CaptureOptions options, TimeSpan? duration) = _request.ToCapture();
        await using PacketCapture capture = await _plane.Diagnostics.CaptureAsync(_request.Device, options, cancellationToken);
        _audit?.Begin();
        try
        {
            await FollowAsync(capture, duration, cancellationToken);
        }
        finally
        {
            _audit?.Captured(capture.Totals.ToMessage());
        }
    }

    private async Task FollowAsync(PacketCapture capture, TimeSpan? duration, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        long told = start;
        capture.WriteHeader(_blocks, $"netcontrold {BuildInfo.Version}");
        await WriteAsync(capture, CaptureEnd.None, cancellationToken);
        while (true)
        {
            bool late = duration is { } limit && Stopwatch.GetElapsedTime(start) >= limit;
            CaptureEnd end = capture.Drain(_blocks, BatchBytes, out bool more);
            end = end == CaptureEnd.None && late ? CaptureEnd.TimeLimit : end;
            bool busy = _blocks.WrittenCount > 0;
            if (end != CaptureEnd.None || Stopwatch.GetElapsedTime(told) >= s_statisticsInterval)
            {
                capture.WriteStatistics(_blocks);
                told = Stopwatch.GetTimestamp();
            }

            if (_blocks.WrittenCount > 0)
            {
                await WriteAsync(capture, end, cancellationToken);
            }

            if (end != CaptureEnd.None)
            {
                return;
            }

            if (!more)
            {
                await Task.Delay(Pause(busy, start, duration), cancellationToken);
            }
        }
    }

    private static TimeSpan Pause(bool busy, long start, TimeSpan? duration)
    {
        TimeSpan pause = busy ? s_pauseWhenBusy : s_pauseWhenIdle;
        TimeSpan left = (duration ?? TimeSpan.MaxValue) - Stopwatch.GetElapsedTime(start);
        return left < pause ? (left > TimeSpan.Zero ? left : TimeSpan.Zero) : pause;
    }

    private async Task WriteAsync(PacketCapture capture, CaptureEnd end, CancellationToken cancellationToken)
    {
        V1.CaptureTrafficResponse message = new()
        {
            Pcapng = ByteString.CopyFrom(_blocks.WrittenSpan),
            Counters = capture.Totals.ToMessage(),
            End = end == CaptureEnd.None ? null : new V1.CaptureEnd { Reason = (V1.CaptureEnd.Types.Reason)(int)end },
        };
        _blocks.ResetWrittenCount();
        await _stream.WriteAsync(message, cancellationToken);
    }
}
