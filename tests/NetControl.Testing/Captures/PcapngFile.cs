using System.Buffers.Binary;
using System.Text;

namespace NetControl.Testing.Captures;

/// <summary>Reads a little-endian pcapng stream strictly: whatever the specification does not allow throws.</summary>
public sealed class PcapngFile
{
    /// <summary>The interfaces, by their numbers.</summary>
    public List<(string Name, int LinkType, int SnapLength)> Interfaces { get; } = [];

    /// <summary>The packets in their order.</summary>
    public List<PcapngPacket> Packets { get; } = [];

    /// <summary>The interface statistics in their order.</summary>
    public List<PcapngStatistics> Statistics { get; } = [];

    /// <summary>Reads a whole stream.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static PcapngFile Parse(ReadOnlySpan<byte> bytes)
    {
        PcapngFile file = new();
        bool first = true;
        while (!bytes.IsEmpty)
        {
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            int length = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
            Check(length % 4 == 0 && length >= 12 && length <= bytes.Length, $"block length {length} of {bytes.Length}");
            Check(BinaryPrimitives.ReadInt32LittleEndian(bytes[(length - 4)..]) == length, "the two lengths differ");
            Check(first == (type == 0x0A0D0D0A), "a section header comes first, and once");
            file.Add(type, bytes[8..(length - 4)]);
            bytes = bytes[length..];
            first = false;
        }

        return file;
    }

    private static void Check(bool condition, string what)
    {
        if (!condition)
        {
            throw new InvalidDataException(what);
        }
    }

    private static Dictionary<int, byte[]> Options(ReadOnlySpan<byte> bytes)
    {
        Dictionary<int, byte[]> options = [];
        while (!bytes.IsEmpty)
        {
            int code = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
            int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
            if (code == 0)
            {
                Check(length == 0 && bytes.Length == 4, "the options end where the block ends");
                return options;
            }

            options.Add(code, bytes.Slice(4, length).ToArray());
            bytes = bytes[(4 + ((length + 3) & ~3))..];
        }

        return options;
    }

    private static string Text(Dictionary<int, byte[]> options, int code) =>
        options.TryGetValue(code, out byte[]? value) ? Encoding.UTF8.GetString(value) : "";

    private static long Number(Dictionary<int, byte[]> options, int code) => !options.TryGetValue(code, out byte[]? value) ? 0
        : value.Length == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(value)
        : BinaryPrimitives.ReadInt64LittleEndian(value);

    private static DateTime Time(ReadOnlySpan<byte> bytes)
    {
        long nanoseconds = ((long)BinaryPrimitives.ReadUInt32LittleEndian(bytes) << 32) | BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        return DateTime.UnixEpoch.AddTicks(nanoseconds / 100);
    }

    private void Add(uint type, ReadOnlySpan<byte> body)
    {
        switch (type)
        {
            case 0x0A0D0D0A:
                Check(BinaryPrimitives.ReadUInt32LittleEndian(body) == 0x1A2B3C4D, "byte order");
                _ = Options(body[16..]);
                break;
            case 1:
                Dictionary<int, byte[]> about = Options(body[8..]);
                Check(about[9] is [9], "nanoseconds");
                Interfaces.Add((Text(about, 2), BinaryPrimitives.ReadUInt16LittleEndian(body), BinaryPrimitives.ReadInt32LittleEndian(body[4..])));
                break;
            case 5:
                Dictionary<int, byte[]> counters = Options(body[12..]);
                Statistics.Add(new PcapngStatistics(
                    BinaryPrimitives.ReadInt32LittleEndian(body), Number(counters, 4), Number(counters, 5), Number(counters, 6), Number(counters, 8), Text(counters, 1)));
                break;
            case 6:
                AddPacket(body);
                break;
            default:
                throw new InvalidDataException($"block type {type}");
        }
    }

    private void AddPacket(ReadOnlySpan<byte> body)
    {
        int interfaceNumber = BinaryPrimitives.ReadInt32LittleEndian(body);
        Check(interfaceNumber < Interfaces.Count, "an interface is described before its packets");
        int length = BinaryPrimitives.ReadInt32LittleEndian(body[12..]);
        Dictionary<int, byte[]> options = Options(body[(20 + ((length + 3) & ~3))..]);
        Packets.Add(new PcapngPacket(
            interfaceNumber,
            Time(body[4..]),
            body.Slice(20, length).ToArray(),
            BinaryPrimitives.ReadInt32LittleEndian(body[16..]),
            Number(options, 2) == 1,
            Number(options, 4),
            Text(options, 1)));
    }
}
