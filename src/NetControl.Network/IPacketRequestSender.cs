namespace NetControl.Network;

/// <summary>The application-to-network half of a UDP session. May be called from several threads at once.</summary>
public interface IPacketRequestSender
{
    /// <summary>Sends one datagram. The bytes are neither changed nor referenced after the call.</summary>
    /// <param name="payload">The datagram's payload; zero length is a datagram like any other (RFC 768).</param>
    /// <param name="destination">Where it should go.</param>
    /// <returns>The number of bytes taken. Like UDP itself, taking a datagram is no promise of delivery.</returns>
    /// <exception cref="NetworkException">
    /// <see cref="NetworkError.Closed"/> after <see cref="Close"/> or the session's end; <see cref="NetworkError.PortUnreachable"/> if this
    /// proxy does not serve the destination; <see cref="NetworkError.MessageTooLarge"/> if it can never carry a payload of this size;
    /// <see cref="NetworkError.InvalidMessage"/> if it reads what it carries, and this is not what it should be.
    /// </exception>
    int WriteTo(ReadOnlySpan<byte> payload, in AddrPort destination);

    /// <summary>Ends the session and frees everything it holds.</summary>
    /// <exception cref="NetworkException"><see cref="NetworkError.Closed"/> if it is closed already.</exception>
    void Close();
}
