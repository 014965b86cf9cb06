using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Loops;
using NetControl.Network;

namespace NetControl.Engine.Sockets;

/// <summary>What all UDP sockets of a loop share: the sending batch, and the buffers that datagrams are received into.</summary>
/// <remarks>Owner: one loop. Buffers: pages that no datagram ever reached are never touched, so large room costs nothing until it is needed.</remarks>
internal sealed class LoopUdpShared : IDisposable
{
    private const int BatchSize = 32;
    private const int Room = 64 << 10;
    private readonly MessageBatch _messages = new(BatchSize, 64);
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BatchSize * Room, pinned: true);

    /// <summary>Makes the shared part of a loop.</summary>
    public LoopUdpShared(EventLoop loop, OwnSockets? own = null)
    {
        Loop = loop;
        Own = own ?? new OwnSockets();
        for (int i = 0; i < BatchSize; i++)
        {
            _messages.SetBuffer(i, _buffer.AsSpan(i * Room, Room));
        }
    }

    /// <summary>The loop.</summary>
    public EventLoop Loop { get; }

    /// <summary>The sockets of all loops, for the loop guard.</summary>
    public OwnSockets Own { get; }

    /// <summary>Datagrams on their way out.</summary>
    public UdpBatch Batch { get; } = new();

    /// <summary>Receives one batch and pushes it, as long as the handler lets the socket live. Returns whether there may be more.</summary>
    public bool ReceiveBatch(LoopUdpSocket socket, int fd, IPacketHandler handler)
    {
        int count = _messages.Receive(fd, BatchSize, Libc.MSG_DONTWAIT);
        for (int i = 0; i < count && socket.IsOpen; i++)
        {
            if (!_messages.TryGetSource(i, out AddrPort source) || (_messages.Flags(i) & Libc.MSG_TRUNC) != 0)
            {
                continue;
            }

            ReadOnlySpan<byte> bytes = _buffer.AsSpan(i * Room, _messages.Length(i));
            int segment = _messages.SegmentSize(i);
            if (segment <= 0 || segment >= bytes.Length)
            {
                handler.OnPacket(bytes, source);
                continue;
            }

            // The kernel joined datagrams of one size (UDP_GRO); the last may be shorter.
            for (int at = 0; at < bytes.Length && socket.IsOpen; at += segment)
            {
                handler.OnPacket(bytes.Slice(at, Math.Min(segment, bytes.Length - at)), source);
            }
        }

        return count == BatchSize;
    }

    /// <inheritdoc/>
    public void Dispose() => _messages.Dispose();
}
