namespace NetControl.Network;

/// <summary>The network-to-application half of a UDP session, called by the proxy. May be called from any thread.</summary>
public interface IPacketResponseReceiver
{
    /// <summary>Delivers one datagram to the application. The bytes are not referenced after the call.</summary>
    /// <param name="payload">The payload, up to 65,507 bytes (IPv4) or 65,527 bytes (IPv6).</param>
    /// <param name="source">Who sent it. Any source is welcome (full-cone NAT, RFC 4787 section 5).</param>
    /// <returns>The number of bytes taken.</returns>
    /// <exception cref="NetworkException"><see cref="NetworkError.Closed"/> after <see cref="Close"/>.</exception>
    int WriteFrom(ReadOnlySpan<byte> payload, in AddrPort source);

    /// <summary>Says that no more datagrams will come.</summary>
    /// <exception cref="NetworkException"><see cref="NetworkError.Closed"/> if it is closed already.</exception>
    void Close();
}
