using System.Buffers.Binary;

namespace NetControl.Transport.Dns;

/// <summary>The twelve bytes at the front of a message (RFC 1035 section 4.1.1).</summary>
internal readonly ref struct DnsHeader
{
    public const int Length = 12;
    private const int FlagsHighOffset = 2;
    private const int FlagsLowOffset = 3;
    private const byte ResponseFlag = 0x80;
    private const byte TruncatedFlag = 0x02;
    private const byte RecursionDesiredFlag = 0x01;
    private const byte CheckingDisabledFlag = 0x10;
    private const byte RecursionAvailableFlag = 0x80;
    private readonly ReadOnlySpan<byte> _bytes;

    private DnsHeader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public ushort Id => BinaryPrimitives.ReadUInt16BigEndian(_bytes);

    public bool IsResponse => (_bytes[FlagsHighOffset] & ResponseFlag) != 0;

    public int Opcode => (_bytes[FlagsHighOffset] >> 3) & 0xF;

    public bool IsTruncated => (_bytes[FlagsHighOffset] & TruncatedFlag) != 0;

    public bool RecursionDesired => (_bytes[FlagsHighOffset] & RecursionDesiredFlag) != 0;

    public bool CheckingDisabled => (_bytes[FlagsLowOffset] & CheckingDisabledFlag) != 0;

    public DnsRcode Rcode => (DnsRcode)(_bytes[FlagsLowOffset] & 0xF);

    public int Questions => Count(0);

    public int Answers => Count(1);

    public int Authorities => Count(2);

    public int Additionals => Count(3);

    public static bool TryParse(ReadOnlySpan<byte> message, out DnsHeader header)
    {
        bool whole = message.Length >= Length;
        header = whole ? new DnsHeader(message[..Length]) : default;
        return whole;
    }

    /// <summary>Writes the header of a query that asks one question and says one more thing: what it understands.</summary>
    public static void WriteQuery(Span<byte> destination, ushort id)
    {
        destination[..Length].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(destination, id);
        destination[FlagsHighOffset] = RecursionDesiredFlag;
        destination[5] = 1;
        destination[11] = 1;
    }

    /// <summary>Makes a query's header the header of an answer without records: what was asked for stays as asked.</summary>
    public static void MakeAnswer(Span<byte> header, DnsRcode rcode, bool truncated, int questions)
    {
        header[FlagsHighOffset] = (byte)((header[FlagsHighOffset] & 0x79) | ResponseFlag | (truncated ? TruncatedFlag : 0));
        header[FlagsLowOffset] = (byte)(RecursionAvailableFlag | (header[FlagsLowOffset] & CheckingDisabledFlag) | (byte)rcode);
        header[4] = 0;
        header[5] = (byte)questions;
        header[6..Length].Clear();
    }

    public static void SetId(Span<byte> message, ushort id) => BinaryPrimitives.WriteUInt16BigEndian(message, id);

    private int Count(int section) => BinaryPrimitives.ReadUInt16BigEndian(_bytes[(4 + (2 * section))..]);
}
