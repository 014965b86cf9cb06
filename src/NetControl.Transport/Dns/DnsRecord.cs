using System.Buffers.Binary;
using NetControl.Network;

namespace NetControl.Transport.Dns;

/// <summary>A view of one record of a message (RFC 1035 section 4.1.3).</summary>
internal readonly ref struct DnsRecord
{
    private const int TtlOffset = 4;
    private const int DataOffset = 10;
    private readonly ReadOnlySpan<byte> _message;
    private readonly int _fixed;
    private readonly int _length;

    public DnsRecord(ReadOnlySpan<byte> message, int fixedPart, int length, DnsSection section)
    {
        _message = message;
        _fixed = fixedPart;
        _length = length;
        Section = section;
    }

    public DnsSection Section { get; }

    public DnsType Type => (DnsType)BinaryPrimitives.ReadUInt16BigEndian(_message[_fixed..]);

    /// <summary>The class; of an OPT record, the size of the datagrams that its sender takes.</summary>
    public ushort Class => BinaryPrimitives.ReadUInt16BigEndian(_message[(_fixed + 2)..]);

    /// <summary>How long it may be kept, in seconds. A set highest bit means not at all (RFC 2181 section 8).</summary>
    public uint Ttl => RawTtl <= int.MaxValue ? RawTtl : 0;

    /// <summary>The field as it is; of an OPT record, code, version and flags (RFC 6891 section 6.1.3).</summary>
    public uint RawTtl => BinaryPrimitives.ReadUInt32BigEndian(_message[TtlPosition..]);

    /// <summary>Where in the message the time to live stands.</summary>
    public int TtlPosition => _fixed + TtlOffset;

    public ReadOnlySpan<byte> Data => _message.Slice(_fixed + DataOffset, _length);

    /// <summary>The address that an A or AAAA record holds.</summary>
    public bool TryGetAddress(out IpAddr address)
    {
        (bool good, address) = (Type, _length) switch
        {
            (DnsType.A, 4) => (true, IpAddr.ReadV4(Data)),
            (DnsType.Aaaa, 16) => (true, IpAddr.ReadV6(Data)),
            _ => (false, default),
        };
        return good;
    }

    /// <summary>How long a "no" may be kept, of a SOA record (RFC 2308 section 5): the lesser of its own time to live and its last field.</summary>
    public bool TryGetNegativeTtl(out uint seconds)
    {
        seconds = 0;
        int at = _fixed + DataOffset;
        int end = at + _length;
        if (Type != DnsType.Soa
            || !DnsName.TryRead(_message[..end], ref at, out _)
            || !DnsName.TryRead(_message[..end], ref at, out _)
            || at + 20 > end)
        {
            return false;
        }

        seconds = Math.Min(Ttl, BinaryPrimitives.ReadUInt32BigEndian(_message[(at + 16)..]));
        return true;
    }
}
