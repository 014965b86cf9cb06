using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using NetControl.Network;

namespace NetControl.Stack.Wire;

/// <summary>The internet checksum (RFC 1071): sums of big-endian 16-bit words with the carry brought round, then complemented.</summary>
/// <remarks>
/// A <em>sum</em> here is any <see cref="uint"/> congruent, modulo 65,535, to the words seen so far; sums are joined with
/// <see cref="Combine(uint, uint)"/> and end in <see cref="Fold"/> (what VIRTIO's NEEDS_CSUM wants) or <see cref="Finish"/> (what a header
/// wants). A piece of odd length is padded with a zero byte, so a piece that starts at an odd offset of the whole must be joined with
/// <see cref="CombineAt"/>.
/// </remarks>
public static class Checksum
{
    private const ulong LowHalf = 0xFFFF_FFFF;

    /// <summary>The sum of the bytes, added to <paramref name="initial"/>.</summary>
    public static uint Sum(ReadOnlySpan<byte> bytes, uint initial = 0)
    {
        // Words are summed in the machine's own order and swapped once at the end (RFC 1071 section 2B).
        ulong sum = 0;
        if (bytes.Length >= 64)
        {
            sum = SumVectors(ref bytes);
        }

        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        for (int i = 0; i < words.Length; i++)
        {
            ulong word = words[i];
            sum += (word & LowHalf) + (word >> 32);
        }

        ReadOnlySpan<byte> tail = bytes[(words.Length * sizeof(ulong))..];
        if (tail.Length >= 4)
        {
            sum += MemoryMarshal.Read<uint>(tail);
            tail = tail[4..];
        }

        if (tail.Length >= 2)
        {
            sum += MemoryMarshal.Read<ushort>(tail);
            tail = tail[2..];
        }

        if (tail.Length == 1)
        {
            sum += BitConverter.IsLittleEndian ? tail[0] : (uint)tail[0] << 8;
        }

        return Combine(FromNative(sum), initial);
    }

    /// <summary>Joins two sums of pieces that both start at an even offset of the whole.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Combine(uint a, uint b)
    {
        ulong sum = (ulong)a + b;
        return (uint)sum + (uint)(sum >> 32);
    }

    /// <summary>Joins the sum of a piece that starts <paramref name="offset"/> bytes after the start of the whole.</summary>
    public static uint CombineAt(uint sum, uint piece, int offset) =>
        Combine(sum, (offset & 1) == 0 ? piece : BinaryPrimitives.ReverseEndianness(Fold(piece)));

    /// <summary>Brings the carries of a sum round into sixteen bits, without complementing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Fold(uint sum)
    {
        sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)(sum + (sum >> 16));
    }

    /// <summary>The checksum as it stands in a header: folded and complemented.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Finish(uint sum) => (ushort)~Fold(sum);

    /// <summary>Whether the sum over data that includes its checksum field is right.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsValid(uint sum) => Fold(sum) == 0xFFFF;

    /// <summary>The sum of the pseudo-header of TCP, UDP and ICMPv6 (RFC 9293 section 3.1, RFC 8200 section 8.1).</summary>
    /// <param name="source">The source address; its family decides which pseudo-header it is.</param>
    /// <param name="destination">The destination address.</param>
    /// <param name="protocol">The transport's protocol number.</param>
    /// <param name="length">Transport header and payload, in bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint PseudoHeader(IpAddr source, IpAddr destination, byte protocol, int length)
    {
        // An IPv4 address is kept as ::ffff:a.b.c.d, and the word 0xFFFF is zero in this arithmetic: one formula serves both families.
        ulong sum = Halves(source.High) + Halves(source.Low) + Halves(destination.High) + Halves(destination.Low) + protocol + (uint)length;
        sum = Halves(sum);
        return (uint)sum + (uint)(sum >> 32);
    }

    /// <summary>The value of a 64-bit accumulator of words in the machine's order as a sum of big-endian words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint FromNative(ulong sum)
    {
        sum = Halves(sum);
        sum = Halves(sum);
        ushort folded = Fold((uint)sum);
        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(folded) : folded;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Halves(ulong value) => (value & LowHalf) + (value >> 32);

    private static ulong SumVectors(ref ReadOnlySpan<byte> bytes)
    {
        if (!Vector256.IsHardwareAccelerated)
        {
            return SumVectors128(ref bytes);
        }

        // Each lane adds 32-bit halves into 64 bits, so nothing overflows however long the span; two chains hide the add latency.
        Vector256<ulong> mask = Vector256.Create(LowHalf);
        Vector256<ulong> even = Vector256<ulong>.Zero;
        Vector256<ulong> odd = Vector256<ulong>.Zero;
        ReadOnlySpan<Vector256<ulong>> vectors = MemoryMarshal.Cast<byte, Vector256<ulong>>(bytes);
        int i = 0;
        for (; i + 1 < vectors.Length; i += 2)
        {
            Vector256<ulong> a = vectors[i];
            Vector256<ulong> b = vectors[i + 1];
            even += (a & mask) + (a >>> 32);
            odd += (b & mask) + (b >>> 32);
        }

        bytes = bytes[(i * Vector256<byte>.Count)..];
        return FoldLanes(Vector256.Sum((even & mask) + (even >>> 32) + (odd & mask) + (odd >>> 32)));
    }

    private static ulong SumVectors128(ref ReadOnlySpan<byte> bytes)
    {
        Vector128<ulong> mask = Vector128.Create(LowHalf);
        Vector128<ulong> even = Vector128<ulong>.Zero;
        Vector128<ulong> odd = Vector128<ulong>.Zero;
        ReadOnlySpan<Vector128<ulong>> vectors = MemoryMarshal.Cast<byte, Vector128<ulong>>(bytes);
        int i = 0;
        for (; i + 1 < vectors.Length; i += 2)
        {
            Vector128<ulong> a = vectors[i];
            Vector128<ulong> b = vectors[i + 1];
            even += (a & mask) + (a >>> 32);
            odd += (b & mask) + (b >>> 32);
        }

        bytes = bytes[(i * Vector128<byte>.Count)..];
        return FoldLanes(Vector128.Sum((even & mask) + (even >>> 32) + (odd & mask) + (odd >>> 32)));
    }

    private static ulong FoldLanes(ulong sum) => Halves(sum);
}
