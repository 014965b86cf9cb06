using NetControl.Network;

namespace NetControl.Transport.Chains;

/// <summary>A listener that can reach a server by its name, where datagrams themselves can only be sent to addresses.</summary>
/// <remarks>For a protocol that sends everything to one server: asked for it, a hop which dials streams has the name to dial and to verify.</remarks>
public interface IServerPacketListener : IPacketListener
{
    /// <summary>Opens a socket to one server. Whatever address a datagram is sent to, it goes there; what comes back bears that address.</summary>
    /// <exception cref="DialException">The socket could not be opened.</exception>
    ValueTask<IPacketConnection> ListenAsync(HostPort server, CancellationToken cancellationToken = default);
}
