using NetControl.Network;
using NetControl.Transport.Http2;
using NetControl.Transport.Tls;

namespace NetControl.Transport.HttpConnect;

/// <summary>Dials streams through an HTTP proxy (CONNECT), by HTTP/2 where the proxy chooses it in the handshake of TLS, else by HTTP/1.1.</summary>
/// <remarks>
/// With HTTP/2 many tunnels share a connection, which is kept for each event loop; with HTTP/1.1 each has its own, and the stream that is
/// returned is that connection itself. What the proxy chose is remembered, so that dials which come at once wait for one handshake only as
/// long as it is unknown. Names go to the proxy unresolved.
/// </remarks>
public sealed class HttpConnectDialer : IStreamDialer
{
    private readonly IStreamEndpoint _proxy;
    private readonly Http1Tunnel _http1;
    private readonly Http2Tunnels _http2;
    private volatile bool _speaksHttp1;

    /// <summary>Makes a dialer.</summary>
    /// <param name="proxy">Reaches the proxy server inside TLS that offers <c>h2</c> and <c>http/1.1</c>.</param>
    /// <param name="options">What a request carries, or null for nothing.</param>
    /// <param name="timeProvider">The clock; an event loop's where dials are made on loops.</param>
    /// <param name="currentLoop">The event loop that the caller runs on, or null; left out where there are no loops.</param>
    /// <exception cref="ArgumentNullException"><paramref name="proxy"/> is null.</exception>
    public HttpConnectDialer(
        IStreamEndpoint proxy, HttpConnectOptions? options = null, TimeProvider? timeProvider = null, Func<object?>? currentLoop = null)
    {
        ArgumentNullException.ThrowIfNull(proxy);
        options ??= new HttpConnectOptions();
        _proxy = proxy;
        _http1 = new Http1Tunnel(options);
        _http2 = new Http2Tunnels(OpenAsync, options, timeProvider ?? TimeProvider.System, currentLoop ?? (static () => null));
    }

    /// <inheritdoc/>
    /// <exception cref="HttpConnectException">The proxy cannot be reached, refuses, or breaks the protocol.</exception>
    public async ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default)
    {
        if (_speaksHttp1)
        {
            IStreamConnection connection = await HttpProxy.ReachAsync(_proxy, cancellationToken);
            if (!IsHttp2(connection))
            {
                return await _http1.OpenAsync(connection, destination, cancellationToken);
            }

            // The proxy has learned HTTP/2 meanwhile. This connection is not the pool's; it makes its own.
            connection.Dispose();
            _speaksHttp1 = false;
        }

        Http2Stream stream = await _http2.DialAsync(destination, cancellationToken);
        if (!stream.IsHttp1)
        {
            return stream;
        }

        _speaksHttp1 = true;
        return await _http1.OpenAsync(
            stream.Http1Connection ?? await HttpProxy.ReachAsync(_proxy, cancellationToken), destination, cancellationToken);
    }

    private static bool IsHttp2(IStreamConnection connection) => connection is TlsStreamConnection { ApplicationProtocol: Http2ConnectDialer.Alpn };

    private async ValueTask<Http2Opening> OpenAsync(CancellationToken cancellationToken)
    {
        IStreamConnection connection = await HttpProxy.ReachAsync(_proxy, cancellationToken);
        return new Http2Opening(connection, IsHttp2(connection));
    }
}
