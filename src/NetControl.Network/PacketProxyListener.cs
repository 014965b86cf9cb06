namespace NetControl.Network;

/// <summary>Makes a packet proxy usable where sockets are opened: each socket is one session. The converse of <see cref="PacketListenerProxy"/>.</summary>
public sealed class PacketProxyListener : IPacketListener
{
    private readonly IPacketProxy _proxy;

    /// <summary>Makes a listener whose sockets are sessions of this proxy.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="proxy"/> is null.</exception>
    public PacketProxyListener(IPacketProxy proxy)
    {
        ArgumentNullException.ThrowIfNull(proxy);
        _proxy = proxy;
    }

    /// <inheritdoc/>
    /// <remarks>Completes synchronously. What the session receives before the socket's handler is known waits, up to 64 datagrams.</remarks>
    public ValueTask<IPacketConnection> ListenAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<IPacketConnection>(cancellationToken);
        }

        try
        {
            return new ValueTask<IPacketConnection>(new PacketProxyConnection(_proxy));
        }
        catch (DialException e)
        {
            return ValueTask.FromException<IPacketConnection>(e);
        }
    }
}
