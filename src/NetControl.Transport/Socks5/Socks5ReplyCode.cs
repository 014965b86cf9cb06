namespace NetControl.Transport.Socks5;

/// <summary>What a SOCKS5 proxy answers to a request (RFC 1928 section 6). Proxies use further numbers of their own.</summary>
public enum Socks5ReplyCode
{
    /// <summary>The request succeeded.</summary>
    Succeeded = 0,

    /// <summary>The proxy failed for a reason it does not tell.</summary>
    GeneralFailure = 1,

    /// <summary>The proxy's rules forbid the connection.</summary>
    NotAllowed = 2,

    /// <summary>The proxy has no route to the destination's network.</summary>
    NetworkUnreachable = 3,

    /// <summary>The destination host cannot be reached from the proxy.</summary>
    HostUnreachable = 4,

    /// <summary>The destination refused the proxy's connection.</summary>
    ConnectionRefused = 5,

    /// <summary>The proxy's connection attempt ran out of time.</summary>
    TtlExpired = 6,

    /// <summary>The proxy does not know the command.</summary>
    CommandNotSupported = 7,

    /// <summary>The proxy does not know the kind of address.</summary>
    AddressTypeNotSupported = 8,
}
