namespace NetControl.Network;

/// <summary>Opens unbound packet sockets: each can send to, and hear from, any address.</summary>
public interface IPacketListener
{
    /// <summary>Opens a socket. May be called from several threads at once. A plain UDP socket completes synchronously.</summary>
    /// <exception cref="DialException">The socket, or the proxy behind it, could not be opened.</exception>
    ValueTask<IPacketConnection> ListenAsync(CancellationToken cancellationToken = default);
}
