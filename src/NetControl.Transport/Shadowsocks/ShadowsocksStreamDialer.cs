using System.Runtime.CompilerServices;
using NetControl.Network;
using NetControl.Transport.Socks5;

namespace NetControl.Transport.Shadowsocks;

/// <summary>Dials streams through a Shadowsocks server.</summary>
/// <remarks>
/// A dial has succeeded when the server is reached, for the protocol has no answer: whether the server knows the key and could reach the
/// destination shows only in what the stream then brings, or in its early end. Whoever tries several addresses of a name at once
/// (Happy Eyeballs) will take the first for good, so let the server resolve names. Names go to it unresolved.
/// </remarks>
public sealed class ShadowsocksStreamDialer : IStreamDialer
{
    private readonly IStreamEndpoint _server;
    private readonly ShadowsocksKey _key;
    private readonly ShadowsocksStreamOptions _options;
    private readonly SaltHistory _history;

    /// <summary>Makes a dialer.</summary>
    /// <param name="server">Reaches the server, over whatever hops.</param>
    /// <param name="key">The method and key.</param>
    /// <param name="options">How streams are opened; the defaults if null.</param>
    /// <exception cref="ArgumentNullException">The endpoint or the key is null.</exception>
    public ShadowsocksStreamDialer(IStreamEndpoint server, ShadowsocksKey key, ShadowsocksStreamOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(key);
        _server = server;
        _key = key;
        _options = options ?? new ShadowsocksStreamOptions();
        _history = new SaltHistory(_options.TimeProvider);
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default)
    {
        if (!Socks5Address.CanCarry(destination))
        {
            throw new DialException(DialFailure.NameNotResolved, "the host name is longer than the 255 bytes that Shadowsocks can carry");
        }

        IStreamConnection inner = await ReachAsync(cancellationToken);
        ShadowsocksStreamConnection connection = new(inner, Open(destination));
        if (_options.ClientDataWait > TimeSpan.Zero)
        {
            connection.SendRequestAfter(_options.ClientDataWait, _options.TimeProvider);
            return connection;
        }

        try
        {
            await connection.SendRequestAsync(cancellationToken);
            return connection;
        }
        catch (Exception e)
        {
            connection.Abort();
            connection.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw new DialException(
                DialFailure.ProxyUnreachable, $"the Shadowsocks server broke the connection off: {e.Message}", e);
        }
    }

    private StreamOpening Open(HostPort destination) => _key.Cipher.Is2022
        ? new Opening2022(_key, destination, _options.TimeProvider, _history)
        : new ClassicOpening(_key, _options.Salts, destination);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<IStreamConnection> ReachAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _server.ConnectAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or DialException { Failure: not DialFailure.Canceled })
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new DialException(DialFailure.ProxyUnreachable, $"the Shadowsocks server cannot be reached: {e.Message}", e);
        }
    }
}
