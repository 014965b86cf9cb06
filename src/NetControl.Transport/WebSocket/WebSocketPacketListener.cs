using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.WebSocket;

/// <summary>Opens packet sockets whose datagrams are messages of WebSockets: one to each destination, at a fixed path.</summary>
/// <remarks>
/// Of use beneath a protocol that sends all its packets to one server, such as Shadowsocks: the server is what a WebSocket leads to. Nothing
/// is dialled before the first datagram.
/// </remarks>
public sealed class WebSocketPacketListener : IServerPacketListener
{
    private readonly IStreamDialer _inner;
    private readonly WebSocketHandshake _handshake;

    /// <summary>Makes a listener.</summary>
    /// <param name="inner">Opens the connections beneath; a TLS dialer for <c>wss</c>.</param>
    /// <param name="path">The path, such as <c>/packets</c>.</param>
    /// <param name="options">What else the request says, or null for the defaults.</param>
    public WebSocketPacketListener(IStreamDialer inner, string path, WebSocketOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(path);
        _inner = inner;
        _handshake = new WebSocketHandshake(path, options ?? new WebSocketOptions());
    }

    /// <inheritdoc/>
    public ValueTask<IPacketConnection> ListenAsync(CancellationToken cancellationToken = default) =>
        new(new WebSocketPacketConnection(DialAsync, server: null));

    /// <inheritdoc/>
    public ValueTask<IPacketConnection> ListenAsync(HostPort server, CancellationToken cancellationToken = default) =>
        new(new WebSocketPacketConnection(DialAsync, server));

    private async ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken)
    {
        IStreamConnection connection = await _inner.DialAsync(destination, cancellationToken);
        await _handshake.OpenAsync(connection, destination, cancellationToken);
        return connection;
    }
}
