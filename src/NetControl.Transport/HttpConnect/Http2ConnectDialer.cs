using NetControl.Network;
using NetControl.Transport.Http2;
using NetControl.Transport.Tls;

namespace NetControl.Transport.HttpConnect;

/// <summary>Dials streams through an HTTP/2 proxy (CONNECT), many over one connection.</summary>
/// <remarks>
/// Connections are kept for each event loop, and only used by it. Over TLS the proxy has to choose <c>h2</c>; in the clear it has to know
/// HTTP/2 from the first byte (RFC 9113 section 3.3). Names go to the proxy unresolved.
/// </remarks>
public sealed class Http2ConnectDialer : IStreamDialer
{
    internal const string Alpn = "h2";
    private readonly IStreamEndpoint _proxy;
    private readonly Http2Tunnels _tunnels;

    /// <summary>Makes a dialer.</summary>
    /// <param name="proxy">Reaches the proxy server, over whatever hops; where it makes TLS, that offers <c>h2</c>.</param>
    /// <param name="options">What a request carries, or null for nothing.</param>
    /// <param name="timeProvider">The clock; an event loop's where dials are made on loops.</param>
    /// <param name="currentLoop">The event loop that the caller runs on, or null; left out where there are no loops.</param>
    /// <exception cref="ArgumentNullException"><paramref name="proxy"/> is null.</exception>
    public Http2ConnectDialer(
        IStreamEndpoint proxy, HttpConnectOptions? options = null, TimeProvider? timeProvider = null, Func<object?>? currentLoop = null)
    {
        ArgumentNullException.ThrowIfNull(proxy);
        _proxy = proxy;
        _tunnels = new Http2Tunnels(
            OpenAsync, options ?? new HttpConnectOptions(), timeProvider ?? TimeProvider.System, currentLoop ?? (static () => null));
    }

    /// <inheritdoc/>
    /// <exception cref="HttpConnectException">The proxy cannot be reached, refuses, or breaks the protocol.</exception>
    public async ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default) =>
        await _tunnels.DialAsync(destination, cancellationToken);

    private async ValueTask<Http2Opening> OpenAsync(CancellationToken cancellationToken)
    {
        IStreamConnection connection = await HttpProxy.ReachAsync(_proxy, cancellationToken);
        if (connection is TlsStreamConnection { ApplicationProtocol: not Alpn })
        {
            connection.Dispose();
            throw new HttpConnectException(
                DialFailure.ProxyProtocol, "the HTTP proxy does not choose h2 (no application protocol); use httpconnect, which takes HTTP/1.1 too");
        }

        return new Http2Opening(connection, IsHttp2: true);
    }
}
