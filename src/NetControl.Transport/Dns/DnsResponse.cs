using NetControl.Network;

namespace NetControl.Transport.Dns;

/// <summary>An answer, held as the message it came in.</summary>
/// <remarks>Immutable; the bytes must not be changed.</remarks>
public sealed class DnsResponse
{
    internal DnsResponse(ReadOnlyMemory<byte> message)
    {
        Message = message;
        _ = DnsHeader.TryParse(message.Span, out DnsHeader header);
        Rcode = header.Rcode;
        IsTruncated = header.IsTruncated;
    }

    /// <summary>The message.</summary>
    public ReadOnlyMemory<byte> Message { get; }

    /// <summary>How the server answered.</summary>
    public DnsRcode Rcode { get; }

    /// <summary>Whether there is more than fitted into the datagram.</summary>
    public bool IsTruncated { get; }

    /// <summary>The addresses of a type (A or AAAA) in the answer, whatever names lead to them (RFC 1034 section 3.6.2).</summary>
    /// <exception cref="DnsException">A record is broken.</exception>
    public IReadOnlyList<IpAddr> Addresses(DnsType type)
    {
        List<IpAddr> addresses = [];
        if (!DnsRecordReader.TryCreate(Message.Span, out DnsRecordReader records))
        {
            throw new DnsException(DnsError.BadResponse, "the answer's question is broken");
        }

        while (records.TryRead(out DnsRecord record) && record.Section == DnsSection.Answer)
        {
            if (record.Type == type && record.TryGetAddress(out IpAddr address))
            {
                addresses.Add(address);
            }
        }

        return records.IsBroken && !IsTruncated
            ? throw new DnsException(DnsError.BadResponse, "a record of the answer is broken")
            : addresses;
    }
}
