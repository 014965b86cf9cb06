using System.Buffers.Binary;

namespace NetControl.Stack.Wire;

/// <summary>A view of an ICMP or ICMPv6 header (RFC 792, RFC 4443): once parsed, no accessor can fail.</summary>
public readonly ref struct IcmpHeader
{
    /// <summary>The length of the part that all messages share: type, code, checksum and four bytes whose meaning the type gives.</summary>
    public const int Length = 8;

    internal const int TypeOffset = 0;
    internal const int CodeOffset = 1;
    internal const int ChecksumOffset = 2;
    internal const int RestOffset = 4;

    private readonly ReadOnlySpan<byte> _bytes;

    private IcmpHeader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>The type; its numbers differ between the families.</summary>
    public byte Type => _bytes[TypeOffset];

    /// <summary>The code within the type.</summary>
    public byte Code => _bytes[CodeOffset];

    /// <summary>The checksum as it stands.</summary>
    public ushort ChecksumField => BinaryPrimitives.ReadUInt16BigEndian(_bytes[ChecksumOffset..]);

    /// <summary>The four bytes whose meaning the type gives: identifier and sequence, next-hop MTU, or unused.</summary>
    public uint Rest => BinaryPrimitives.ReadUInt32BigEndian(_bytes[RestOffset..]);

    /// <summary>Finds a header at the start of an IP payload.</summary>
    public static bool TryParse(ReadOnlySpan<byte> message, out IcmpHeader header)
    {
        header = default;
        if (message.Length < Length)
        {
            return false;
        }

        header = new IcmpHeader(message[..Length]);
        return true;
    }

    /// <summary>Writes a header and returns its length.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    /// <param name="type">The type.</param>
    /// <param name="code">The code within the type.</param>
    /// <param name="checksum">The checksum as it stands in the header.</param>
    /// <param name="rest">The four bytes whose meaning the type gives.</param>
    public static int Write(Span<byte> destination, byte type, byte code, ushort checksum, uint rest)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, ((uint)type << 24) | ((uint)code << 16) | checksum);
        BinaryPrimitives.WriteUInt32BigEndian(destination[RestOffset..], rest);
        return Length;
    }
}
