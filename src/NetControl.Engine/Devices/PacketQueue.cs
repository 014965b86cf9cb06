using System.Buffers;
using NetControl.Engine.Captures;
using NetControl.Engine.Flows;
using NetControl.Engine.Interop.Linux;
using NetControl.Network;
using NetControl.Stack;
using NetControl.Stack.Ip;
using NetControl.Stack.Storage;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;

namespace NetControl.Engine.Devices;

/// <summary>One loop's end of a device: packets come in through <see cref="Deliver"/>, go out through the Send methods, and belong to the flows of <see cref="Flows"/>.</summary>
/// <remarks>
/// Owner: one loop. Buffers: headers are built in a pinned scratch of this object; payload is gathered from where it lies. The two
/// implementations differ only in how they write: the kernel's TUN, or the queue of a stack that is itself an <see cref="IIPDevice"/>.
/// </remarks>
internal abstract class PacketQueue
{
    private const int MaxPosted = 4096;
    private const int HeaderRoom = VirtioNetHeader.Size + TcpPacket.MaxHeadersLength;
    private readonly byte[] _scratch = GC.AllocateArray<byte>(HeaderRoom, pinned: true);
    private readonly Action<object?> _deliverPosted;
    private TokenBucket _icmpErrors;
    private int _posted;
    private ushort _ipId;

    /// <summary>Makes a queue of a device on a loop.</summary>
    protected PacketQueue(int index, LoopContext context, DeviceCore device, QueueFeatures features)
    {
        Index = index;
        Context = context;
        Device = device;
        Features = features;
        Counters = new QueueCounters();
        Chunks = new ChunkPool(context.Chunks, BufferShare(device));
        Flows = new FlowTable(this);
        _icmpErrors = new TokenBucket(context.Options.IcmpErrorsPerSecond, context.Options.IcmpErrorBurst);
        _deliverPosted = DeliverPosted;
    }

    /// <summary>The queue's place among its device's.</summary>
    public int Index { get; }

    /// <summary>The loop and what it shares.</summary>
    public LoopContext Context { get; }

    /// <summary>The device.</summary>
    public DeviceCore Device { get; }

    /// <summary>What the other side does for us.</summary>
    public QueueFeatures Features { get; }

    /// <summary>What went through.</summary>
    public QueueCounters Counters { get; }

    /// <summary>The device's part of the loop's buffer memory.</summary>
    public ChunkPool Chunks { get; }

    /// <summary>The flows that live here.</summary>
    public FlowTable Flows { get; }

    /// <summary>Who records the packets; null when nobody does. Only the loop sets it.</summary>
    public QueueCapture? Capture { get; set; }

    /// <summary>Takes a packet that came out of the device.</summary>
    /// <param name="packet">A whole IP packet or a super-packet; a view of the loop's read slot.</param>
    /// <param name="trust">Whether the kernel vouches for the transport checksum.</param>
    public void Deliver(ReadOnlySpan<byte> packet, ChecksumTrust trust)
    {
        Counters.PacketsIn++;
        Counters.BytesIn += packet.Length;
        QueueCapture? capture = Capture;
        capture?.BeginDelivery(packet);
        DropReason reason = Flows.OnPacket(packet, trust);
        if (reason != DropReason.None)
        {
            Counters.Drops[(int)reason]++;
        }

        capture?.EndDelivery(reason);
    }

    /// <summary>Hands a packet over from another loop's queue, because its flow lives here. Any thread; the packet is copied.</summary>
    /// <returns>Whether it was taken; a queue that is far behind takes no more.</returns>
    public bool TryPost(ReadOnlySpan<byte> packet)
    {
        if (Interlocked.Increment(ref _posted) > MaxPosted)
        {
            Interlocked.Decrement(ref _posted);
            return false;
        }

        byte[] copy = ArrayPool<byte>.Shared.Rent(packet.Length);
        packet.CopyTo(copy);
        Context.Loop.Post(_deliverPosted, (copy, packet.Length));
        return true;
    }

    /// <summary>Sends a TCP segment of a flow; the payload lies in the connection's send buffer.</summary>
    public void SendTcp(AddrPort from, AddrPort to, ref TcpOutput segment, ChunkBuffer payload)
    {
        Span<byte> headers = _scratch.AsSpan(VirtioNetHeader.Size);
        int length = TcpPacket.WriteHeaders(
            headers, from, to, segment.Seq, segment.Ack, segment.Flags, segment.Window, in segment.Options, segment.PayloadLength, _ipId++);
        int transport = from.IsV4 ? Ipv4Header.MinLength : Ipv6Header.Length;
        VirtioNetHeader vnet = default;
        if ((Features & QueueFeatures.Checksum) != 0) // HasFlag boxes until the JIT has optimised its caller
        {
            vnet.Flags = VirtioNetHeader.NeedsChecksum;
            vnet.ChecksumStart = (ushort)transport;
            vnet.ChecksumOffset = TcpHeader.ChecksumOffset;
        }
        else
        {
            CompleteChecksum(headers[..length], transport, payload, segment.PayloadOffset, segment.PayloadLength);
        }

        if (segment.PayloadLength > segment.SegmentSize)
        {
            vnet.GsoType = from.IsV4 ? VirtioNetHeader.GsoTcp4 : VirtioNetHeader.GsoTcp6;
            vnet.GsoSize = (ushort)segment.SegmentSize;
            vnet.HeaderLength = (ushort)length;

            // The kernel numbers the pieces from here (RFC 6864 does not ask for it, but GRO on a later hop does).
            _ipId += (ushort)(segment.PayloadLength / Math.Max(1, segment.SegmentSize));
        }

        Send(vnet, length, payload, segment.PayloadOffset, segment.PayloadLength);
    }

    /// <summary>Sends a TCP segment that belongs to no flow: a reset or the acknowledgement of a connection that lingers.</summary>
    public void SendStateless(AddrPort from, AddrPort to, SequenceNumber seq, SequenceNumber ack, TcpFlags flags, in TcpOptions options, ushort window = 0)
    {
        TcpOutput segment = new() { Seq = seq, Ack = ack, Flags = flags, Window = window, Options = options, SegmentSize = 1 };
        SendTcp(from, to, ref segment, Context.NoPayload);
    }

    /// <summary>
    /// Sends an ICMP error, if there is one and the rate allows it: a flood of bad packets must not become a flood of answers.
    /// </summary>
    public void SendIcmpError(ReadOnlySpan<byte> packet)
    {
        if (packet.IsEmpty)
        {
            return;
        }

        if (!_icmpErrors.TryTake(Context.Loop.Now))
        {
            Counters.Drops[(int)DropReason.RateLimited]++;
            return;
        }

        SendPacket(packet);
    }

    /// <summary>Takes the device's limits anew. On the loop.</summary>
    public void SetLimits()
    {
        Chunks.SetBudget(BufferShare(Device));
        Flows.SetLimits();
    }

    /// <summary>Ends all sessions and gives back what the queue holds of what is shared. On the loop, once.</summary>
    public void Close(Sessions.SessionCause cause)
    {
        Flows.Close(cause);
        Chunks.Detach();
    }

    /// <summary>Sends a whole packet that is complete, checksums included.</summary>
    public void SendPacket(ReadOnlySpan<byte> packet)
    {
        if (packet.IsEmpty)
        {
            return;
        }

        Count(packet.Length);
        bool written = Write(default, packet);
        if (!written)
        {
            Counters.Drops[(int)DropReason.DeviceFull]++;
        }

        Capture?.OnSent(packet, default, written);
    }

    /// <summary>Sends a UDP datagram to the application; one that exceeds the MTU goes in fragments.</summary>
    public void SendUdp(AddrPort from, AddrPort to, ReadOnlySpan<byte> payload)
    {
        Span<byte> headers = _scratch.AsSpan(VirtioNetHeader.Size);
        int total = UdpPacket.HeadersLength(from.Address) + payload.Length;
        if (total > Device.Mtu)
        {
            SendFragments(from, to, payload);
            return;
        }

        int length = UdpPacket.WriteHeaders(headers, from, to, payload.Length, _ipId++);
        VirtioNetHeader vnet = default;
        if ((Features & QueueFeatures.Checksum) != 0)
        {
            vnet.Flags = VirtioNetHeader.NeedsChecksum;
            vnet.ChecksumStart = (ushort)(length - UdpHeader.Length);
            vnet.ChecksumOffset = UdpHeader.ChecksumOffset;
        }
        else
        {
            UdpPacket.CompleteChecksum(headers[..length], payload);
        }

        Count(total);
        bool written = Write(vnet, headers[..length], payload);
        if (!written)
        {
            Counters.Drops[(int)DropReason.DeviceFull]++;
        }

        Capture?.OnSent(headers[..length], payload, written);
    }

    /// <summary>Sends a complete packet in fragments of the device's MTU.</summary>
    public void SendFragments(ReadOnlySpan<byte> packet)
    {
        Fragmenter fragments = new(packet, Device.Mtu, Context.NextFragmentId());
        Span<byte> room = Context.FragmentRoom;
        while (fragments.TryWriteNext(room, out int length))
        {
            SendPacket(room[..length]);
        }
    }

    /// <summary>Writes a complete packet.</summary>
    protected abstract bool Write(VirtioNetHeader vnet, ReadOnlySpan<byte> packet);

    /// <summary>Writes headers and a payload from elsewhere. Neither need be pinned.</summary>
    protected abstract bool Write(VirtioNetHeader vnet, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload);

    /// <summary>Writes headers, which lie behind room for a <see cref="VirtioNetHeader"/> in pinned memory, and a range of a buffer.</summary>
    protected abstract bool Write(VirtioNetHeader vnet, Span<byte> pinnedHeaders, ChunkBuffer payload, long offset, int length);

    private static long BufferShare(DeviceCore device) => Math.Max(device.Limits.MaxBufferBytes / device.QueueCount, ChunkPool.ChunkSize);

    private void Send(VirtioNetHeader vnet, int headersLength, ChunkBuffer payload, long offset, int length)
    {
        Count(headersLength + length);
        bool written = Write(vnet, _scratch.AsSpan(0, VirtioNetHeader.Size + headersLength), payload, offset, length);
        if (!written)
        {
            Counters.Drops[(int)DropReason.DeviceFull]++;
        }

        Capture?.OnSent(_scratch.AsSpan(VirtioNetHeader.Size, headersLength), payload, offset, length, written);
    }

    private void DeliverPosted(object? state)
    {
        (byte[] copy, int length) = ((byte[], int))state!;
        Interlocked.Decrement(ref _posted);

        // The queue that read the packet has verified its checksum; a partial one is only complete once the kernel's promise is repeated.
        DropReason reason = Flows.OnPacket(copy.AsSpan(0, length), ChecksumTrust.KernelVouches);
        if (reason != DropReason.None)
        {
            Counters.Drops[(int)reason]++;
        }

        ArrayPool<byte>.Shared.Return(copy);
    }

    private void Count(int bytes)
    {
        Counters.PacketsOut++;
        Counters.BytesOut += bytes;
    }

    private void SendFragments(AddrPort from, AddrPort to, ReadOnlySpan<byte> payload)
    {
        byte[] whole = Context.LargePacket;
        int length = UdpPacket.Write(whole, from, to, payload, _ipId++);
        SendFragments(whole.AsSpan(0, length));
    }

    private static void CompleteChecksum(Span<byte> headers, int transport, ChunkBuffer payload, long offset, int length)
    {
        uint sum = Checksum.Sum(headers[transport..]);
        int done = 0;
        while (done < length)
        {
            ReadOnlySpan<byte> piece = payload.Peek(offset + done, length - done);
            sum = Checksum.CombineAt(sum, Checksum.Sum(piece), done);
            done += piece.Length;
        }

        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(
            headers[(transport + TcpHeader.ChecksumOffset)..], Checksum.Finish(sum));
    }
}
