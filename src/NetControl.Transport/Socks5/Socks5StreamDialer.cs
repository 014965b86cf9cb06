using System.Runtime.CompilerServices;
using NetControl.Network;

namespace NetControl.Transport.Socks5;

/// <summary>Dials streams through a SOCKS5 proxy (CONNECT).</summary>
/// <remarks>
/// Returns the connection to the proxy itself, not a wrapper: after the handshake it is the stream. Names go to the proxy unresolved.
/// A dial awaits nothing but the connection, so on an event loop it never leaves the loop's thread.
/// </remarks>
public sealed class Socks5StreamDialer : IStreamDialer
{
    private readonly Socks5Client _client;

    /// <summary>Makes a dialer.</summary>
    /// <param name="proxy">Reaches the proxy server, over whatever hops.</param>
    /// <param name="credentials">User name and password, or null for none.</param>
    /// <param name="timeProvider">The clock; an event loop's where dials are made on loops.</param>
    /// <exception cref="ArgumentNullException"><paramref name="proxy"/> is null.</exception>
    public Socks5StreamDialer(IStreamEndpoint proxy, Socks5Credentials? credentials = null, TimeProvider? timeProvider = null) =>
        _client = new Socks5Client(proxy, credentials, timeProvider);

    /// <inheritdoc/>
    /// <exception cref="Socks5Exception">The proxy cannot be reached, refuses, or breaks the protocol.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default) =>
        (await _client.RequestAsync(Socks5Command.Connect, destination, cancellationToken)).Connection;
}
