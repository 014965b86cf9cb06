using NetControl.Engine.Captures;
using NetControl.Engine.Flows;
using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Loops;
using NetControl.Stack.Storage;
using NetControl.Stack.Wire;

namespace NetControl.Engine.Devices;

/// <summary>One queue of a TUN interface, read and written by one loop.</summary>
/// <remarks>
/// Owner: the loop. Buffers: packets are read one by one into the loop's slot and are done with before the next one is read, so the slot
/// stays in the cache. The descriptor belongs to the <see cref="TunInterface"/>.
/// </remarks>
internal sealed class TunQueue : PacketQueue, ILoopHandler
{
    // A turn takes so much from one queue; sockets and timers then have theirs. epoll is level-triggered here, so the rest is not forgotten.
    private const int PacketsPerTurn = 128;
    private const int BytesPerTurn = 2 << 20;
    private readonly int _fd;
    private readonly bool _vnet;
    private long _ticket = -1;

    /// <summary>Makes a queue over a descriptor.</summary>
    public TunQueue(int index, LoopContext context, DeviceCore device, QueueFeatures features, int fd)
        : base(index, context, device, features)
    {
        _fd = fd;
        _vnet = features.HasFlag(QueueFeatures.VnetHeader);
    }

    /// <summary>Begins to read. On the loop.</summary>
    public void Start()
    {
        _ticket = Context.Loop.Watch(_fd, EpollEvents.In, this);
        if (_ticket < 0)
        {
            throw new InvalidOperationException($"the TUN queue cannot be watched: {Libc.Describe(Libc.LastErrno)}");
        }
    }

    /// <summary>Stops reading; the descriptor stays open. On the loop.</summary>
    public void Stop()
    {
        if (_ticket >= 0)
        {
            Context.Loop.Unwatch(_ticket, _fd, closing: false);
            _ticket = -1;
        }
    }

    /// <inheritdoc/>
    public void OnReady(EpollEvents events)
    {
        byte[] slot = Context.ReadSlot;
        int bytes = 0;
        for (int i = 0; i < PacketsPerTurn && bytes < BytesPerTurn; i++)
        {
            int count = (int)Libc.Read(_fd, slot);
            if (count <= 0)
            {
                if (count == 0 || Libc.LastErrno is not (Errno.EAGAIN or Errno.EINTR))
                {
                    Stop(); // the interface is gone: its descriptor would be readable for ever
                }

                return;
            }

            bytes += count;
            DeliverRead(slot.AsSpan(0, count));
        }
    }

    /// <inheritdoc/>
    protected override bool Write(VirtioNetHeader vnet, ReadOnlySpan<byte> packet)
    {
        if (!_vnet)
        {
            return Libc.Write(_fd, packet) >= 0;
        }

        Span<byte> header = stackalloc byte[VirtioNetHeader.Size];
        vnet.Write(header);
        return Libc.WriteV(_fd, header, packet) >= 0;
    }

    /// <inheritdoc/>
    protected override bool Write(VirtioNetHeader vnet, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload)
    {
        if (!_vnet)
        {
            return Libc.WriteV(_fd, headers, payload) >= 0;
        }

        Span<byte> header = stackalloc byte[VirtioNetHeader.Size];
        vnet.Write(header);
        return Libc.WriteV(_fd, header, headers, payload) >= 0;
    }

    /// <inheritdoc/>
    protected override bool Write(VirtioNetHeader vnet, Span<byte> pinnedHeaders, ChunkBuffer payload, long offset, int length)
    {
        if (_vnet)
        {
            vnet.Write(pinnedHeaders);
            return SocketIo.WritePacket(_fd, pinnedHeaders, payload, offset, length) >= 0;
        }

        return SocketIo.WritePacket(_fd, pinnedHeaders[VirtioNetHeader.Size..], payload, offset, length) >= 0;
    }

    private void DeliverRead(ReadOnlySpan<byte> bytes)
    {
        if (!_vnet)
        {
            Deliver(bytes, ChecksumTrust.Verify);
            return;
        }

        if (bytes.Length < VirtioNetHeader.Size)
        {
            Counters.Drops[(int)DropReason.Malformed]++;
            return;
        }

        VirtioNetHeader vnet = VirtioNetHeader.Read(bytes);
        bool vouched = (vnet.Flags & (VirtioNetHeader.NeedsChecksum | VirtioNetHeader.DataValid)) != 0;
        ReadOnlySpan<byte> packet = bytes[VirtioNetHeader.Size..];
        if (vnet.GsoType == VirtioNetHeader.GsoUdpL4)
        {
            DeliverDatagrams(packet, vnet.GsoSize);
            return;
        }

        Deliver(packet, vouched ? ChecksumTrust.KernelVouches : ChecksumTrust.Verify);
    }

    /// <summary>A UDP super-datagram (the application used UDP_SEGMENT): its pieces are datagrams of their own, which share the headers.</summary>
    private void DeliverDatagrams(ReadOnlySpan<byte> packet, int size)
    {
        Counters.PacketsIn++;
        Counters.BytesIn += packet.Length;
        QueueCapture? capture = Capture;
        capture?.BeginDelivery(packet);
        DropReason reason = Flows.OnDatagrams(packet, size);
        if (reason != DropReason.None)
        {
            Counters.Drops[(int)reason]++;
        }

        capture?.EndDelivery(reason);
    }
}
