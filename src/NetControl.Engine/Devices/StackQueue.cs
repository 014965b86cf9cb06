using NetControl.Engine.Flows;
using NetControl.Engine.Interop.Linux;
using NetControl.Stack.Storage;
using NetControl.Stack.Wire;

namespace NetControl.Engine.Devices;

/// <summary>The queue of a <see cref="StackDevice"/>: packets arrive by post, outgoing ones wait in a bounded queue for the device's reader.</summary>
internal sealed class StackQueue : PacketQueue
{
    private readonly StackDevice _owner;

    /// <summary>Makes the queue of a device.</summary>
    public StackQueue(StackDevice owner, LoopContext context, DeviceCore device)
        : base(0, context, device, QueueFeatures.None)
    {
        _owner = owner;
    }

    /// <summary>Takes a packet that the device's writer handed in. On the loop.</summary>
    public void DeliverWritten(ReadOnlySpan<byte> packet) => Deliver(packet, ChecksumTrust.Verify);

    /// <inheritdoc/>
    protected override bool Write(VirtioNetHeader vnet, ReadOnlySpan<byte> packet) => _owner.Emit(packet, default);

    /// <inheritdoc/>
    protected override bool Write(VirtioNetHeader vnet, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload) => _owner.Emit(headers, payload);

    /// <inheritdoc/>
    protected override bool Write(VirtioNetHeader vnet, Span<byte> pinnedHeaders, ChunkBuffer payload, long offset, int length)
    {
        Span<byte> packet = Context.LargePacket;
        ReadOnlySpan<byte> headers = pinnedHeaders[VirtioNetHeader.Size..];
        headers.CopyTo(packet);
        int at = headers.Length;
        while (length > 0)
        {
            ReadOnlySpan<byte> piece = payload.Peek(offset, length);
            piece.CopyTo(packet[at..]);
            at += piece.Length;
            offset += piece.Length;
            length -= piece.Length;
        }

        return _owner.Emit(packet[..at], default);
    }
}
