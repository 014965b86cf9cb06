using System.Buffers.Binary;

namespace NetControl.Stack.Wire;

/// <summary>A view of a UDP header (RFC 768): once parsed, no accessor can fail.</summary>
public readonly ref struct UdpHeader
{
    /// <summary>The length of the header.</summary>
    public const int Length = 8;

    internal const int SourcePortOffset = 0;
    internal const int DestinationPortOffset = 2;
    internal const int LengthOffset = 4;
    internal const int ChecksumOffset = 6;

    private readonly ReadOnlySpan<byte> _bytes;

    private UdpHeader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>The source port.</summary>
    public ushort SourcePort => BinaryPrimitives.ReadUInt16BigEndian(_bytes[SourcePortOffset..]);

    /// <summary>The destination port.</summary>
    public ushort DestinationPort => BinaryPrimitives.ReadUInt16BigEndian(_bytes[DestinationPortOffset..]);

    /// <summary>Header and payload in bytes.</summary>
    public int DatagramLength => BinaryPrimitives.ReadUInt16BigEndian(_bytes[LengthOffset..]);

    /// <summary>The checksum as it stands; zero says that the sender made none.</summary>
    public ushort ChecksumField => BinaryPrimitives.ReadUInt16BigEndian(_bytes[ChecksumOffset..]);

    /// <summary>Finds a UDP header at the start of an IP payload and checks that its length field fits.</summary>
    public static bool TryParse(ReadOnlySpan<byte> datagram, out UdpHeader header)
    {
        header = default;
        if (datagram.Length < Length)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(datagram[LengthOffset..]);
        if (length < Length || length > datagram.Length)
        {
            return false;
        }

        header = new UdpHeader(datagram[..Length]);
        return true;
    }

    /// <summary>Writes a header and returns its length.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    /// <param name="sourcePort">The source port.</param>
    /// <param name="destinationPort">The destination port.</param>
    /// <param name="datagramLength">Header and payload, at most 65,535.</param>
    /// <param name="checksum">The checksum as it stands in the header.</param>
    public static int Write(Span<byte> destination, ushort sourcePort, ushort destinationPort, int datagramLength, ushort checksum)
    {
        System.Diagnostics.Debug.Assert(datagramLength is >= Length and <= ushort.MaxValue, "a datagram has at most 65,535 bytes");
        BinaryPrimitives.WriteUInt32BigEndian(destination, ((uint)sourcePort << 16) | destinationPort);
        BinaryPrimitives.WriteUInt32BigEndian(destination[LengthOffset..], ((uint)datagramLength << 16) | checksum);
        return Length;
    }
}
