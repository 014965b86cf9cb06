using System.Numerics;
using System.Runtime.InteropServices;

namespace NetControl.Transport.WebSocket;

/// <summary>The masking of what a client sends (RFC 6455 section 5.3): an exclusive or with four bytes, over and over.</summary>
internal static class WebSocketMask
{
    /// <summary>Copies bytes masked.</summary>
    /// <param name="from">The bytes.</param>
    /// <param name="to">At least as much room; may be the same memory.</param>
    /// <param name="mask">The four bytes as they lie in memory.</param>
    /// <param name="offset">How many bytes of the payload went before.</param>
    public static void Apply(ReadOnlySpan<byte> from, Span<byte> to, uint mask, int offset)
    {
        mask = BitConverter.IsLittleEndian
            ? BitOperations.RotateRight(mask, 8 * (offset & 3))
            : BitOperations.RotateLeft(mask, 8 * (offset & 3));
        int at = 0;
        Vector<byte> wide = Vector.AsVectorByte(new Vector<uint>(mask));
        for (; from.Length - at >= Vector<byte>.Count; at += Vector<byte>.Count)
        {
            (new Vector<byte>(from[at..]) ^ wide).CopyTo(to[at..]);
        }

        ReadOnlySpan<byte> single = MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in mask));
        for (; at < from.Length; at++)
        {
            to[at] = (byte)(from[at] ^ single[at & 3]);
        }
    }
}
