using NetControl.Network;

namespace NetControl.Testing.Links;

/// <summary>A device behind a bad path: whole packets are reordered, doubled, lost and damaged in both directions, by a seed.</summary>
/// <remarks>
/// Threads: as any device, one reader and one writer at a time, <see cref="Close"/> from anywhere. A thread of its own reads the inner
/// device, another lets go of what is held back; writes to the inner device are ordered by the lane's lock, so it too sees one writer.
/// Lifetime: owns the inner device. Buffers: packets are copied. At most 1,024 packets wait for the reader; behind them the inner device
/// waits, as it would without this one.
/// </remarks>
public sealed class HostileDevice : IIPDevice
{
    private const int QueueLength = 1024;
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(1);
    private readonly IIPDevice _inner;
    private readonly HostileLane _in;
    private readonly HostileLane _out;
    private readonly Queue<byte[]> _ready = new();
    private readonly ManualResetEventSlim _stopped = new();
    private readonly Thread _pump;
    private readonly Thread _clock;
    private bool _closed;

    /// <summary>Stands before a device, which it owns from now on.</summary>
    /// <param name="inner">The device.</param>
    /// <param name="written">What happens to packets on their way into the device.</param>
    /// <param name="read">What happens to packets that the device sends.</param>
    public HostileDevice(IIPDevice inner, HostileDeviceOptions written, HostileDeviceOptions read)
    {
        _inner = inner;
        _in = new HostileLane(written, written.Seed, packet => _inner.Write(packet));
        _out = new HostileLane(read, ~read.Seed, Enqueue);
        _pump = new Thread(PumpOut) { IsBackground = true, Name = "hostile-pump" };
        _clock = new Thread(ReleaseHeld) { IsBackground = true, Name = "hostile-clock" };
        _pump.Start();
        _clock.Start();
    }

    /// <inheritdoc/>
    public int Mtu => _inner.Mtu;

    /// <summary>What happened to the packets that were written.</summary>
    public HostileDeviceStatistics Written => _in.Statistics;

    /// <summary>What happened to the packets that the inner device sent.</summary>
    public HostileDeviceStatistics Sent => _out.Statistics;

    /// <inheritdoc/>
    public int Read(Span<byte> buffer)
    {
        byte[]? packet;
        lock (_ready)
        {
            while (_closed || !_ready.TryDequeue(out packet))
            {
                if (_closed)
                {
                    return 0;
                }

                Monitor.Wait(_ready);
            }

            Monitor.PulseAll(_ready);
        }

        int count = Math.Min(packet.Length, buffer.Length);
        packet.AsSpan(0, count).CopyTo(buffer);
        return count;
    }

    /// <inheritdoc/>
    public int Write(ReadOnlySpan<byte> packet)
    {
        if (packet.Length > Mtu)
        {
            throw new NetworkException(NetworkError.MessageTooLarge, $"the packet has {packet.Length} bytes, the MTU is {Mtu}");
        }

        if (_stopped.IsSet)
        {
            throw new NetworkException(NetworkError.Closed);
        }

        if (!packet.IsEmpty)
        {
            _in.Pass(packet);
        }

        return packet.Length;
    }

    /// <inheritdoc/>
    public void Close()
    {
        lock (_ready)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            _stopped.Set();
            Monitor.PulseAll(_ready);
        }

        _inner.Close();
        _pump.Join();
        _clock.Join();
    }

    /// <inheritdoc/>
    public void Dispose() => Close();

    private void PumpOut()
    {
        byte[] buffer = new byte[ushort.MaxValue];
        for (int length = _inner.Read(buffer); length > 0; length = _inner.Read(buffer))
        {
            _out.Pass(buffer.AsSpan(0, length));
        }
    }

    private void ReleaseHeld()
    {
        while (!_stopped.Wait(s_tick))
        {
            try
            {
                _in.ReleaseDue();
                _out.ReleaseDue();
            }
            catch (NetworkException)
            {
                return; // closed under us
            }
        }
    }

    private void Enqueue(byte[] packet)
    {
        lock (_ready)
        {
            while (_ready.Count >= QueueLength && !_closed)
            {
                Monitor.Wait(_ready);
            }

            _ready.Enqueue(packet);
            Monitor.PulseAll(_ready);
        }
    }
}
