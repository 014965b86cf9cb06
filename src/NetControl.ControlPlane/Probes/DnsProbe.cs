using System.Buffers.Binary;
using System.Text;

namespace NetControl.ControlPlane.Probes;

/// <summary>One A query (RFC 1035), and whether bytes are an answer to it.</summary>
internal static class DnsProbe
{
    private const int HeaderLength = 12;

    /// <summary>Makes a query with an id.</summary>
    public static byte[] Query(ushort id, string name) =>
    [
        (byte)(id >> 8), (byte)id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0,
        .. name.TrimEnd('.').Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]),
        0, 0, 1, 0, 1,
    ];

    /// <summary>The same with the length before it, as over TCP (RFC 1035 section 4.2.2).</summary>
    public static byte[] Framed(byte[] query) => [(byte)(query.Length >> 8), (byte)query.Length, .. query];

    /// <summary>Whether the bytes are an answer; a refusal is one too: the way works.</summary>
    public static bool IsAnswer(ReadOnlySpan<byte> bytes, ushort id) =>
        bytes.Length >= HeaderLength && BinaryPrimitives.ReadUInt16BigEndian(bytes) == id && (bytes[2] & 0x80) != 0;
}
