namespace NetControl.Transport.Dns;

/// <summary>What a question asks for, or a record holds; a value without a name here is as good as one with.</summary>
public enum DnsType : ushort
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>An IPv4 address (RFC 1035).</summary>
    A = 1,

    /// <summary>A name server (RFC 1035).</summary>
    NS = 2,

    /// <summary>Another name for the same (RFC 1035).</summary>
    CName = 5,

    /// <summary>The start of a zone (RFC 1035).</summary>
    Soa = 6,

    /// <summary>The name of an address (RFC 1035).</summary>
    Ptr = 12,

    /// <summary>Text (RFC 1035).</summary>
    Txt = 16,

    /// <summary>An IPv6 address (RFC 3596).</summary>
    Aaaa = 28,

    /// <summary>Not a record: what the sender understands beyond RFC 1035 (RFC 6891).</summary>
    Opt = 41,

    /// <summary>A zone's changes (RFC 1995); only over TCP, and not one message.</summary>
    Ixfr = 251,

    /// <summary>A whole zone (RFC 5936); only over TCP, and not one message.</summary>
    Axfr = 252,
}
