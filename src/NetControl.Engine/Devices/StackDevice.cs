using System.Buffers;
using NetControl.Engine.Flows;
using NetControl.Engine.Sessions;
using NetControl.Network;

namespace NetControl.Engine.Devices;

/// <summary>The user-space stack seen from its network side, as an <see cref="IIPDevice"/>: IP packets in, IP packets out, no TUN needed.</summary>
/// <remarks>
/// Make as many as you like with <see cref="PacketEngine.OpenStack(string, IStreamDialer, IPacketProxy, int)"/>. Thread rule: one reader
/// and one writer at a time, <see cref="Close"/>
/// from anywhere. The stack never waits for the reader: what does not fit the queue of outgoing packets is dropped and counted, and TCP sends
/// it again. Closing does not close the dialer or the packet proxy.
/// </remarks>
public sealed class StackDevice : IIPDevice
{
    private const int QueueLength = 1024;
    private readonly Lock _lock = new();
    private readonly Queue<(byte[] Buffer, int Length)> _outgoing = new();
    private readonly SemaphoreSlim _available = new(0);
    private readonly EngineDevice _device;
    private StackQueue _queue = null!;
    private int _inFlight;
    private volatile bool _closed;

    internal StackDevice(EngineDevice device, int mtu)
    {
        _device = device;
        Mtu = mtu;
    }

    /// <inheritdoc/>
    public int Mtu { get; }

    /// <summary>The same device for the engine's purposes: attachments, status.</summary>
    public EngineDevice Device => _device;

    /// <inheritdoc/>
    public int Read(Span<byte> buffer)
    {
        while (true)
        {
            _available.Wait();
            (byte[] Buffer, int Length) packet;
            lock (_lock)
            {
                if (!_outgoing.TryDequeue(out packet))
                {
                    if (_closed)
                    {
                        _available.Release(); // the next reader must learn it too
                        return 0;
                    }

                    continue;
                }
            }

            int count = Math.Min(packet.Length, buffer.Length);
            packet.Buffer.AsSpan(0, count).CopyTo(buffer);
            ArrayPool<byte>.Shared.Return(packet.Buffer);
            return count;
        }
    }

    /// <inheritdoc/>
    public int Write(ReadOnlySpan<byte> packet)
    {
        if (_closed)
        {
            throw new NetworkException(NetworkError.Closed);
        }

        if (packet.Length > Mtu)
        {
            throw new NetworkException(
                NetworkError.MessageTooLarge, $"the packet has {packet.Length} bytes, the MTU is {Mtu}");
        }

        if (packet.IsEmpty)
        {
            return 0;
        }

        // A writer far ahead of the loop waits for it: the device is a wire, not a buffer without end.
        SpinWait spin = default;
        while (Volatile.Read(ref _inFlight) > QueueLength)
        {
            spin.SpinOnce();
            if (_closed)
            {
                throw new NetworkException(NetworkError.Closed);
            }
        }

        Interlocked.Increment(ref _inFlight);
        byte[] copy = ArrayPool<byte>.Shared.Rent(packet.Length);
        packet.CopyTo(copy);
        int length = packet.Length;
        _queue.Context.Loop.Post(
            _ =>
            {
                Interlocked.Decrement(ref _inFlight);
                if (!_closed)
                {
                    _queue.DeliverWritten(copy.AsSpan(0, length));
                }

                ArrayPool<byte>.Shared.Return(copy);
            },
            null);
        return length;
    }

    /// <inheritdoc/>
    public void Close()
    {
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            while (_outgoing.TryDequeue(out (byte[] Buffer, int Length) packet))
            {
                ArrayPool<byte>.Shared.Return(packet.Buffer);
            }
        }

        _available.Release();
        _ = _device.CloseAsync(SessionCause.DeviceClosed);
    }

    /// <inheritdoc/>
    public void Dispose() => Close();

    internal void Bind(LoopContext context, DeviceCore core)
    {
        _queue = new StackQueue(this, context, core);
        core.Queues = [_queue];
    }

    /// <summary>Queues an outgoing packet. On the loop. Returns whether there was room.</summary>
    internal bool Emit(ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload)
    {
        int length = headers.Length + payload.Length;
        lock (_lock)
        {
            if (_closed || _outgoing.Count >= QueueLength)
            {
                return false;
            }

            byte[] packet = ArrayPool<byte>.Shared.Rent(length);
            headers.CopyTo(packet);
            payload.CopyTo(packet.AsSpan(headers.Length));
            _outgoing.Enqueue((packet, length));
        }

        _available.Release();
        return true;
    }
}
