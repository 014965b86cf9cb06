namespace NetControl.Network;

/// <summary>An open packet socket. Sending never waits; receiving is pushed to a handler.</summary>
/// <remarks>
/// <see cref="Send"/> may be called from several threads at once, except where an implementation belongs to one loop and says so. Disposing
/// ends it: the handler hears <see cref="IPacketHandler.OnClosed"/> once, with no error.
/// </remarks>
public interface IPacketConnection : IDisposable
{
    /// <summary>Sends one datagram, or drops it where the socket cannot take it now: UDP makes no promise. The bytes are not referenced afterwards.</summary>
    /// <returns>Whether the datagram was handed on.</returns>
    /// <exception cref="NetworkException">
    /// <see cref="NetworkError.Closed"/> once the socket is closed; <see cref="NetworkError.MessageTooLarge"/> if it can never be sent;
    /// <see cref="NetworkError.PortUnreachable"/> and <see cref="NetworkError.InvalidMessage"/> as at
    /// <see cref="IPacketRequestSender.WriteTo"/>, where the socket is one that serves a single protocol.
    /// </exception>
    bool Send(ReadOnlySpan<byte> payload, in AddrPort destination);

    /// <summary>Starts delivery of what arrives, including what arrived before. Called once; on a connection that has ended the handler hears just that.</summary>
    void Receive(IPacketHandler handler);
}
