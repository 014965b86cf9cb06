namespace NetControl.Transport.Dns;

/// <summary>How a resolver is asked.</summary>
public enum DnsCarrier
{
    /// <summary>Over UDP, and over TCP what UDP cannot carry (RFC 1035, RFC 7766).</summary>
    Plain,

    /// <summary>Over TLS (RFC 7858).</summary>
    Tls,

    /// <summary>Over HTTPS (RFC 8484).</summary>
    Https,
}
