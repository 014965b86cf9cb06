using NetControl.Engine.Devices;
using NetControl.Engine.Flows;
using NetControl.Engine.Interop.Linux;
using NetControl.Stack.Storage;

namespace NetControl.Testing.Links;

/// <summary>A queue that hands every outgoing packet to a test, whole, in one buffer that it uses again.</summary>
internal sealed class MemoryQueue(int index, LoopContext context, DeviceCore device, MemoryQueue.Output output)
    : PacketQueue(index, context, device, QueueFeatures.None)
{
    private readonly byte[] _packet = new byte[70_000];

    /// <summary>Takes a packet; on the loop. The bytes are valid during the call.</summary>
    public delegate void Output(ReadOnlySpan<byte> packet);

    protected override bool Write(VirtioNetHeader vnet, ReadOnlySpan<byte> packet)
    {
        output(packet);
        return true;
    }

    protected override bool Write(VirtioNetHeader vnet, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload)
    {
        headers.CopyTo(_packet);
        payload.CopyTo(_packet.AsSpan(headers.Length));
        output(_packet.AsSpan(0, headers.Length + payload.Length));
        return true;
    }

    protected override bool Write(VirtioNetHeader vnet, Span<byte> pinnedHeaders, ChunkBuffer payload, long offset, int length)
    {
        ReadOnlySpan<byte> headers = pinnedHeaders[VirtioNetHeader.Size..];
        headers.CopyTo(_packet);
        int at = headers.Length;
        while (length > 0)
        {
            ReadOnlySpan<byte> piece = payload.Peek(offset, length);
            piece.CopyTo(_packet.AsSpan(at));
            at += piece.Length;
            offset += piece.Length;
            length -= piece.Length;
        }

        output(_packet.AsSpan(0, at));
        return true;
    }
}
