using System.Buffers.Binary;
using System.Net;
using NetControl.Transport.Dns;

namespace NetControl.Transport.Tests.Dns;

/// <summary>Queries and the answers that a server would give to them.</summary>
internal static class DnsMessages
{
    public static DnsQuestion Question(string name, DnsType type = DnsType.A) => new(DnsNameTests.Parse(name), type);

    public static byte[] Query(string name, DnsType type = DnsType.A, ushort id = 0x1234) => DnsQuery.Create(id, Question(name, type));

    /// <summary>An answer with records of the answer section, the query's OPT left out.</summary>
    public static byte[] Answer(ReadOnlySpan<byte> query, params byte[][] records) => Answer(query, 0x8180, records, []);

    public static byte[] Answer(ReadOnlySpan<byte> query, ushort flags, byte[][] answers, byte[][] authorities)
    {
        int end = 12;
        while (query[end] != 0)
        {
            end += query[end] + 1;
        }

        byte[] head = query[..(end + 5)].ToArray();
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(2), flags);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(6), (ushort)answers.Length);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(8), (ushort)authorities.Length);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(10), 0);
        return [.. head, .. answers.SelectMany(record => record), .. authorities.SelectMany(record => record)];
    }

    /// <summary>An A or AAAA record of the name that was asked for.</summary>
    public static byte[] Address(string address, uint ttl = 60)
    {
        byte[] data = IPAddress.Parse(address).GetAddressBytes();
        return Record(data.Length == 4 ? DnsType.A : DnsType.Aaaa, ttl, data);
    }

    public static byte[] CName(string name, uint ttl = 60) => Record(DnsType.CName, ttl, DnsNameTests.Parse(name).Wire.ToArray());

    public static byte[] Soa(uint ttl, uint minimum)
    {
        byte[] data = new byte[2 + 20];
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(18), minimum);
        return Record(DnsType.Soa, ttl, data);
    }

    private static byte[] Record(DnsType type, uint ttl, byte[] data)
    {
        byte[] record = [0xC0, 12, 0, (byte)type, 0, 1, 0, 0, 0, 0, 0, (byte)data.Length, .. data];
        BinaryPrimitives.WriteUInt32BigEndian(record.AsSpan(6), ttl);
        return record;
    }
}
