using NetControl.Network;

namespace NetControl.Transport.WebSocket;

/// <summary>Dials streams inside WebSockets: the destination is the server, reached through another dialer, and its path a fixed one.</summary>
/// <remarks>A dial awaits nothing but the connection, so on an event loop it never leaves the loop's thread.</remarks>
public sealed class WebSocketStreamDialer : IStreamDialer
{
    private readonly IStreamDialer _inner;
    private readonly WebSocketHandshake _handshake;

    /// <summary>Makes a dialer.</summary>
    /// <param name="inner">Opens the connections beneath; a TLS dialer for <c>wss</c>.</param>
    /// <param name="path">The path, such as <c>/tunnel</c>.</param>
    /// <param name="options">What else the request says, or null for the defaults.</param>
    public WebSocketStreamDialer(IStreamDialer inner, string path, WebSocketOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(path);
        _inner = inner;
        _handshake = new WebSocketHandshake(path, options ?? new WebSocketOptions());
    }

    /// <inheritdoc/>
    /// <exception cref="WebSocketHandshakeException">The server refuses, or breaks the protocol; a failure to connect passes as it is.</exception>
    public async ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default)
    {
        IStreamConnection connection = await _inner.DialAsync(destination, cancellationToken);
        await _handshake.OpenAsync(connection, destination, cancellationToken);
        return new WebSocketStreamConnection(connection);
    }
}
