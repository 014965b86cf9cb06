namespace NetControl.Transport.Socks5;

/// <summary>What a SOCKS5 request asks for (RFC 1928 section 4).</summary>
internal enum Socks5Command : byte
{
    /// <summary>A TCP connection to the destination.</summary>
    Connect = 1,

    /// <summary>A relay for UDP datagrams.</summary>
    UdpAssociate = 3,
}
