using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace NetControl.Engine.Captures;

/// <summary>Writes the blocks of a pcapng stream (draft-ietf-opsawg-pcapng), little-endian, times in nanoseconds.</summary>
internal static class PcapngWriter
{
    /// <summary>The bytes of an Enhanced Packet Block around data and options.</summary>
    public const int PacketOverhead = 32;

    private const uint SectionHeader = 0x0A0D0D0A;
    private const uint ByteOrderMagic = 0x1A2B3C4D;
    private const uint InterfaceDescription = 1;
    private const uint InterfaceStatistics = 5;
    private const uint EnhancedPacket = 6;
    private const ushort LinkTypeRaw = 101;
    private const ushort OptionComment = 1;
    private const byte Nanoseconds = 9;

    /// <summary>The block that begins a section: what wrote it, and on what.</summary>
    public static void WriteSection(IBufferWriter<byte> to, string application, string system)
    {
        int options = OptionLength(system) + OptionLength(application) + 4;
        Span<byte> block = Begin(to, SectionHeader, 28 + options, out Span<byte> body);
        BinaryPrimitives.WriteUInt32LittleEndian(body, ByteOrderMagic);
        BinaryPrimitives.WriteUInt16LittleEndian(body[4..], 1);
        BinaryPrimitives.WriteInt64LittleEndian(body[8..], -1); // a stream does not know its length
        int at = 16;
        at += WriteOption(body[at..], 3, system);
        WriteOption(body[at..], 4, application);
        to.Advance(block.Length);
    }

    /// <summary>The block that describes an interface; its number is the order of these blocks, from 0.</summary>
    public static void WriteInterface(IBufferWriter<byte> to, string name, string description, int snapLength)
    {
        int options = OptionLength(name) + OptionLength(description) + 8 + 4;
        Span<byte> block = Begin(to, InterfaceDescription, 20 + options, out Span<byte> body);
        BinaryPrimitives.WriteUInt16LittleEndian(body, LinkTypeRaw);
        BinaryPrimitives.WriteInt32LittleEndian(body[4..], snapLength);
        int at = 8;
        at += WriteOption(body[at..], 2, name);
        at += WriteOption(body[at..], 3, description);
        BinaryPrimitives.WriteUInt16LittleEndian(body[at..], 9);
        BinaryPrimitives.WriteUInt16LittleEndian(body[(at + 2)..], 1);
        body[at + 4] = Nanoseconds;
        to.Advance(block.Length);
    }

    /// <summary>How long a packet's block will be.</summary>
    public static int PacketLength(int captured, string comment, uint lostBefore) =>
        PacketOverhead + ((captured + 3) & ~3) + (comment.Length == 0 ? 0 : OptionLength(comment)) + 8 + (lostBefore > 0 ? 12 : 0) + 4;

    /// <summary>A packet.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="interfaceNumber">Whose.</param>
    /// <param name="nanoseconds">When, since 1970.</param>
    /// <param name="data">Its bytes, as far as they were kept.</param>
    /// <param name="original">How many it has.</param>
    /// <param name="inbound">Whether the machine whose interface it is received it, or sent it.</param>
    /// <param name="lostBefore">How many packets are missing before this one.</param>
    /// <param name="comment">What else is known of it, or empty.</param>
    public static void WritePacket(
        IBufferWriter<byte> to,
        int interfaceNumber,
        long nanoseconds,
        ReadOnlySpan<byte> data,
        int original,
        bool inbound,
        uint lostBefore,
        string comment)
    {
        Span<byte> block = Begin(to, EnhancedPacket, PacketLength(data.Length, comment, lostBefore), out Span<byte> body);
        BinaryPrimitives.WriteInt32LittleEndian(body, interfaceNumber);
        WriteTime(body[4..], nanoseconds);
        BinaryPrimitives.WriteInt32LittleEndian(body[12..], data.Length);
        BinaryPrimitives.WriteInt32LittleEndian(body[16..], original);
        data.CopyTo(body[20..]);
        int at = 20 + ((data.Length + 3) & ~3);
        if (comment.Length > 0)
        {
            at += WriteOption(body[at..], OptionComment, comment);
        }

        BinaryPrimitives.WriteUInt16LittleEndian(body[at..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(body[(at + 2)..], 4);
        BinaryPrimitives.WriteUInt32LittleEndian(body[(at + 4)..], inbound ? 1U : 2U);
        at += 8;
        if (lostBefore > 0)
        {
            WriteOption(body[at..], 4, (long)lostBefore);
        }

        to.Advance(block.Length);
    }

    /// <summary>An interface's counters until now.</summary>
    public static void WriteStatistics(
        IBufferWriter<byte> to, int interfaceNumber, long start, long now, in CaptureTotals totals, string comment)
    {
        int options = (comment.Length == 0 ? 0 : OptionLength(comment)) + (6 * 12) + 4;
        Span<byte> block = Begin(to, InterfaceStatistics, 24 + options, out Span<byte> body);
        BinaryPrimitives.WriteInt32LittleEndian(body, interfaceNumber);
        WriteTime(body[4..], now);
        int at = 12;
        if (comment.Length > 0)
        {
            at += WriteOption(body[at..], OptionComment, comment);
        }

        at += WriteTimeOption(body[at..], 2, start);
        at += WriteTimeOption(body[at..], 3, now);
        at += WriteOption(body[at..], 4, totals.Seen);
        at += WriteOption(body[at..], 5, totals.Lost);
        at += WriteOption(body[at..], 6, totals.Matched);
        WriteOption(body[at..], 8, totals.Captured);
        to.Advance(block.Length);
    }

    private static int OptionLength(string text) => 4 + ((Encoding.UTF8.GetByteCount(text) + 3) & ~3);

    private static Span<byte> Begin(IBufferWriter<byte> to, uint type, int length, out Span<byte> body)
    {
        Span<byte> block = to.GetSpan(length)[..length];
        block.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(block, type);
        BinaryPrimitives.WriteInt32LittleEndian(block[4..], length);
        BinaryPrimitives.WriteInt32LittleEndian(block[^4..], length);
        body = block[8..^4];
        return block;
    }

    private static void WriteTime(Span<byte> to, long nanoseconds)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(to, (uint)(nanoseconds >> 32));
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], (uint)nanoseconds);
    }

    private static int WriteOption(Span<byte> to, ushort code, string text)
    {
        int length = Encoding.UTF8.GetBytes(text, to[4..]);
        BinaryPrimitives.WriteUInt16LittleEndian(to, code);
        BinaryPrimitives.WriteUInt16LittleEndian(to[2..], (ushort)length);
        return 4 + ((length + 3) & ~3);
    }

    private static int WriteOption(Span<byte> to, ushort code, long value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(to, code);
        BinaryPrimitives.WriteUInt16LittleEndian(to[2..], 8);
        BinaryPrimitives.WriteInt64LittleEndian(to[4..], value);
        return 12;
    }

    private static int WriteTimeOption(Span<byte> to, ushort code, long nanoseconds)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(to, code);
        BinaryPrimitives.WriteUInt16LittleEndian(to[2..], 8);
        WriteTime(to[4..], nanoseconds);
        return 12;
    }
}
