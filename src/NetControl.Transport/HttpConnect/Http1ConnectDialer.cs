using System.Runtime.CompilerServices;
using NetControl.Network;

namespace NetControl.Transport.HttpConnect;

/// <summary>Dials streams through an HTTP/1.1 proxy (CONNECT), each over a connection of its own.</summary>
/// <remarks>
/// Returns the connection to the proxy itself, not a wrapper: after the answer it is the stream. Names go to the proxy unresolved.
/// A dial awaits nothing but the connection, so on an event loop it never leaves the loop's thread.
/// </remarks>
public sealed class Http1ConnectDialer : IStreamDialer
{
    private readonly IStreamEndpoint _proxy;
    private readonly Http1Tunnel _tunnel;

    /// <summary>Makes a dialer.</summary>
    /// <param name="proxy">Reaches the proxy server, over whatever hops; over TLS for a proxy that wants it.</param>
    /// <param name="options">What a request carries, or null for nothing.</param>
    /// <exception cref="ArgumentNullException"><paramref name="proxy"/> is null.</exception>
    public Http1ConnectDialer(IStreamEndpoint proxy, HttpConnectOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(proxy);
        _proxy = proxy;
        _tunnel = new Http1Tunnel(options ?? new HttpConnectOptions());
    }

    /// <inheritdoc/>
    /// <exception cref="HttpConnectException">The proxy cannot be reached, refuses, or breaks the protocol.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default)
    {
        IStreamConnection connection = await HttpProxy.ReachAsync(_proxy, cancellationToken);
        return await _tunnel.OpenAsync(connection, destination, cancellationToken);
    }
}
