using System.Buffers.Binary;

namespace NetControl.Transport.Dns;

/// <summary>Queries of our own: one question, recursion desired, and room for answers of 1232 bytes over UDP (RFC 6891).</summary>
public static class DnsQuery
{
    /// <summary>The size of an answer that fits everywhere without fragments: the IPv6 minimum MTU less its headers.</summary>
    public const int UdpPayloadSize = 1232;

    /// <summary>The longest a query of ours can be.</summary>
    public const int MaxLength = DnsHeader.Length + DnsName.MaxWireLength + 4 + OptLength;

    private const ushort InternetClass = 1;
    private const int OptLength = 11;

    /// <summary>Makes a query.</summary>
    public static byte[] Create(ushort id, in DnsQuestion question)
    {
        Span<byte> bytes = stackalloc byte[MaxLength];
        return bytes[..Write(bytes, id, question)].ToArray();
    }

    /// <summary>Writes a query and returns its length.</summary>
    /// <exception cref="ArgumentException">There is not enough room.</exception>
    public static int Write(Span<byte> destination, ushort id, in DnsQuestion question)
    {
        ReadOnlySpan<byte> name = question.Name.Wire;
        int length = DnsHeader.Length + name.Length + 4 + OptLength;
        if (destination.Length < length)
        {
            throw new ArgumentException($"the query has {length} bytes, the room {destination.Length}", nameof(destination));
        }

        DnsHeader.WriteQuery(destination, id);
        Span<byte> rest = destination[DnsHeader.Length..length];
        name.CopyTo(rest);
        rest = rest[name.Length..];
        BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)question.Type);
        BinaryPrimitives.WriteUInt16BigEndian(rest[2..], InternetClass);
        rest = rest[4..];
        rest.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(rest[1..], (ushort)DnsType.Opt);
        BinaryPrimitives.WriteUInt16BigEndian(rest[3..], UdpPayloadSize);
        return length;
    }
}
