using System.Buffers;
using System.Diagnostics;
using System.Text;
using NetControl.Engine.Devices;

namespace NetControl.Engine.Captures;

/// <summary>A running capture of one device, read as a pcapng stream.</summary>
/// <remarks>
/// Thread rule: one reader at a time, on any thread but a loop's. Lifetime: disposing takes the taps out. Loops copy packets into bounded
/// rings and never wait; what a slow reader leaves no room for is counted, and told in the stream: with the next packet (epb_dropcount) and
/// in the interface statistics.
/// </remarks>
public sealed class PacketCapture : IAsyncDisposable
{
    private readonly CaptureOptions _options;
    private readonly EngineDevice _device;
    private readonly PacketQueue[] _queues;
    private readonly CaptureTap[] _taps;
    private readonly CaptureTotals[] _delivered;
    private readonly long[] _reasons = new long[Enum.GetValues<DropReason>().Length];
    private readonly long _startTicks;
    private readonly long _startNanoseconds;
    private long _packets;
    private long _bytes;
    private CaptureEnd _end;
    private bool _disposed;

    private PacketCapture(EngineDevice device, CaptureOptions options)
    {
        _device = device;
        _options = options;
        _queues = device.Core.Queues;
        PacketMatcher matcher = new(options.Filter);
        int ring = Math.Clamp(options.BufferBytes, CaptureOptions.MinBufferBytes, CaptureOptions.MaxBufferBytes) / _queues.Length;
        ring = Math.Max(ring, CaptureOptions.MinBufferBytes) & ~7;
        _taps = [.. _queues.Select(_ => new CaptureTap(matcher, options.SnapLength, ring))];
        _delivered = new CaptureTotals[_taps.Length];
        _startTicks = Stopwatch.GetTimestamp();
        _startNanoseconds = (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * 100;
    }

    /// <summary>What was seen so far.</summary>
    public CaptureTotals Totals
    {
        get
        {
            CaptureTotals sum = default;
            for (int i = 0; i < _taps.Length; i++)
            {
                CaptureTotals one = TotalsOf(i);
                sum = new CaptureTotals(
                    sum.Seen + one.Seen,
                    sum.Matched + one.Matched,
                    sum.Captured + one.Captured,
                    sum.CapturedBytes + one.CapturedBytes,
                    sum.Lost + one.Lost);
            }

            return sum;
        }
    }

    internal static async Task<PacketCapture> StartAsync(EngineDevice device, CaptureOptions options, CancellationToken cancellationToken)
    {
        PacketCapture capture = new(device, options);
        try
        {
            await capture.OnLoops(QueueCapture.Add).WaitAsync(cancellationToken);
            return capture;
        }
        catch
        {
            await capture.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes what comes before the first packet: the section and one interface for each queue.</summary>
    public void WriteHeader(IBufferWriter<byte> to, string application)
    {
        ArgumentNullException.ThrowIfNull(to);
        PcapngWriter.WriteSection(to, application, Environment.OSVersion.VersionString);
        string name = _device.Status.InterfaceName.Length > 0 ? _device.Status.InterfaceName : _device.Spec.Name;
        for (int i = 0; i < _taps.Length; i++)
        {
            string queue = _taps.Length == 1 ? name : $"{name}#{i}";
            PcapngWriter.WriteInterface(to, queue, $"{_device.Spec.Name} queue {i} of {_taps.Length}", _options.SnapLength);
        }
    }

    /// <summary>Writes the packets that wait, in the order of their times, until there is about so much.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="mostBytes">Where to stop; one packet more may fit.</param>
    /// <param name="more">Whether packets are left.</param>
    /// <returns>Whether the capture has come to its end, and why. Nothing follows it then but <see cref="WriteStatistics"/>.</returns>
    public CaptureEnd Drain(IBufferWriter<byte> to, int mostBytes, out bool more)
    {
        ArgumentNullException.ThrowIfNull(to);
        more = false;

        // Looked at before the rings: what the closing itself sent is in them by now.
        bool closed = _device.IsClosed;
        int written = 0;
        while (_end == CaptureEnd.None && TryFindOldest(out int tap, out long position))
        {
            if (written >= mostBytes)
            {
                more = true;
                return CaptureEnd.None;
            }

            written += Take(to, tap, position);
        }

        if (_end == CaptureEnd.None && closed)
        {
            _end = CaptureEnd.DeviceClosed;
        }

        return _end;
    }

    /// <summary>Writes the counters of every interface.</summary>
    public void WriteStatistics(IBufferWriter<byte> to)
    {
        ArgumentNullException.ThrowIfNull(to);
        string drops = DescribeDrops();
        for (int i = 0; i < _taps.Length; i++)
        {
            PcapngWriter.WriteStatistics(to, i, _startNanoseconds, Nanoseconds(Stopwatch.GetTimestamp()), TotalsOf(i), i == 0 ? drops : "");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _device.EndCapture();

        // The loops of a device that is gone may be gone too, and read nothing in any case.
        if (!_device.IsClosing)
        {
            await OnLoops(QueueCapture.Remove);
        }
    }

    private int Take(IBufferWriter<byte> to, int tap, long position)
    {
        CaptureRing ring = _taps[tap].Ring;
        ref CaptureRecord record = ref ring.RecordAt(position);
        string comment = Comment(record);
        int length = PcapngWriter.PacketLength(record.Captured, comment, record.LostBefore);
        if (_options.MaxBytes > 0 && _bytes + length > _options.MaxBytes)
        {
            _end = CaptureEnd.ByteLimit;
            return 0;
        }

        PcapngWriter.WritePacket(
            to,
            tap,
            Nanoseconds(record.Timestamp),
            ring.DataAt(position),
            record.Original,
            inbound: record.ToApplication,
            record.LostBefore,
            comment);
        _reasons[(int)record.Reason]++;
        ring.Advance(position);
        _bytes += length;
        CaptureTotals delivered = _delivered[tap];
        _delivered[tap] = delivered with { Captured = delivered.Captured + 1, CapturedBytes = delivered.CapturedBytes + length };
        if (++_packets == _options.MaxPackets)
        {
            _end = CaptureEnd.PacketLimit;
        }

        return length;
    }

    private bool TryFindOldest(out int oldest, out long position)
    {
        oldest = -1;
        position = -1;
        long time = long.MaxValue;
        for (int i = 0; i < _taps.Length; i++)
        {
            if (_taps[i].Ring.TryPeek(out long candidate) && _taps[i].Ring.RecordAt(candidate).Timestamp < time)
            {
                time = _taps[i].Ring.RecordAt(candidate).Timestamp;
                oldest = i;
                position = candidate;
            }
        }

        return oldest >= 0;
    }

    private string Comment(in CaptureRecord record)
    {
        string session = record.Session == 0 ? "" : $"session={_device.Spec.Name}/sessions/s{record.Session}";
        string drop = record.Reason == DropReason.None ? "" : $"drop={CaptureText.Of(record.Reason)}";
        string super = record.Original > _device.Status.Mtu ? "super-segment" : "";
        return drop.Length + super.Length == 0 ? session : string.Join(' ', ((string[])[session, drop, super]).Where(part => part.Length > 0));
    }

    private string DescribeDrops()
    {
        StringBuilder text = new();
        for (int i = 1; i < _reasons.Length; i++)
        {
            if (_reasons[i] > 0)
            {
                text.Append(text.Length == 0 ? "" : " ").Append("drop=").Append(CaptureText.Of((DropReason)i)).Append(':').Append(_reasons[i]);
            }
        }

        return text.ToString();
    }

    private CaptureTotals TotalsOf(int tap) => _delivered[tap] with
    {
        Seen = _taps[tap].Seen,
        Matched = _taps[tap].Matched,
        Lost = _taps[tap].Lost,
    };

    private long Nanoseconds(long timestamp) =>
        _startNanoseconds + (long)Stopwatch.GetElapsedTime(_startTicks, timestamp).TotalNanoseconds;

    private Task OnLoops(Action<PacketQueue, CaptureTap> action) => Task.WhenAll(_queues.Select((queue, i) => queue.Context.Loop.InvokeAsync(() =>
    {
        action(queue, _taps[i]);
        return 0;
    })));
}
