using System.Buffers.Binary;
using NetControl.Stack.Tcp;

namespace NetControl.Stack.Wire;

/// <summary>A view of a TCP header (RFC 9293 section 3.1): once parsed, no accessor can fail.</summary>
public readonly ref struct TcpHeader
{
    /// <summary>The length of a header without options.</summary>
    public const int MinLength = 20;

    /// <summary>The length of the longest header.</summary>
    public const int MaxLength = 60;

    internal const int SourcePortOffset = 0;
    internal const int DestinationPortOffset = 2;
    internal const int SequenceOffset = 4;
    internal const int AcknowledgmentOffset = 8;
    internal const int DataOffsetOffset = 12;
    internal const int FlagsOffset = 13;
    internal const int WindowOffset = 14;
    internal const int ChecksumOffset = 16;
    internal const int UrgentOffset = 18;

    private readonly ReadOnlySpan<byte> _bytes;

    private TcpHeader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Header length in bytes, options included: 20 to 60.</summary>
    public int Length => _bytes.Length;

    /// <summary>The source port.</summary>
    public ushort SourcePort => BinaryPrimitives.ReadUInt16BigEndian(_bytes[SourcePortOffset..]);

    /// <summary>The destination port.</summary>
    public ushort DestinationPort => BinaryPrimitives.ReadUInt16BigEndian(_bytes[DestinationPortOffset..]);

    /// <summary>The sequence number.</summary>
    public SequenceNumber Sequence => new(BinaryPrimitives.ReadUInt32BigEndian(_bytes[SequenceOffset..]));

    /// <summary>The acknowledgment number; meaningful only with <see cref="TcpFlags.Ack"/>.</summary>
    public SequenceNumber Acknowledgment => new(BinaryPrimitives.ReadUInt32BigEndian(_bytes[AcknowledgmentOffset..]));

    /// <summary>The control bits.</summary>
    public TcpFlags Flags => (TcpFlags)_bytes[FlagsOffset];

    /// <summary>The window, not scaled.</summary>
    public ushort Window => BinaryPrimitives.ReadUInt16BigEndian(_bytes[WindowOffset..]);

    /// <summary>The checksum as it stands.</summary>
    public ushort ChecksumField => BinaryPrimitives.ReadUInt16BigEndian(_bytes[ChecksumOffset..]);

    /// <summary>The urgent pointer.</summary>
    public ushort Urgent => BinaryPrimitives.ReadUInt16BigEndian(_bytes[UrgentOffset..]);

    /// <summary>The options, padding included.</summary>
    public ReadOnlySpan<byte> Options => _bytes[MinLength..];

    /// <summary>Finds a TCP header at the start of an IP payload; only the data offset is judged here.</summary>
    public static bool TryParse(ReadOnlySpan<byte> segment, out TcpHeader header)
    {
        header = default;
        if (segment.Length < MinLength)
        {
            return false;
        }

        int length = (segment[DataOffsetOffset] >> 4) << 2;
        if (length < MinLength || length > segment.Length)
        {
            return false;
        }

        header = new TcpHeader(segment[..length]);
        return true;
    }

    /// <summary>Writes a header with its options and returns its length; the urgent pointer is zero.</summary>
    /// <param name="destination">At least <see cref="MinLength"/> bytes and the options.</param>
    /// <param name="sourcePort">The source port.</param>
    /// <param name="destinationPort">The destination port.</param>
    /// <param name="sequence">The sequence number.</param>
    /// <param name="acknowledgment">The acknowledgment number.</param>
    /// <param name="flags">The control bits.</param>
    /// <param name="window">The window as it stands in the header, already scaled down.</param>
    /// <param name="checksum">The checksum as it stands in the header.</param>
    /// <param name="options">The options; <see cref="TcpOptions.Length"/> of them are written.</param>
    public static int Write(
        Span<byte> destination,
        ushort sourcePort,
        ushort destinationPort,
        SequenceNumber sequence,
        SequenceNumber acknowledgment,
        TcpFlags flags,
        ushort window,
        ushort checksum,
        in TcpOptions options)
    {
        int length = MinLength + options.Write(destination[MinLength..]);
        BinaryPrimitives.WriteUInt32BigEndian(destination, ((uint)sourcePort << 16) | destinationPort);
        BinaryPrimitives.WriteUInt32BigEndian(destination[SequenceOffset..], sequence.Value);
        BinaryPrimitives.WriteUInt32BigEndian(destination[AcknowledgmentOffset..], acknowledgment.Value);
        uint fourth = ((uint)length << 26) | ((uint)flags << 16) | window;
        BinaryPrimitives.WriteUInt32BigEndian(destination[DataOffsetOffset..], fourth);
        BinaryPrimitives.WriteUInt32BigEndian(destination[ChecksumOffset..], (uint)checksum << 16);
        return length;
    }
}
