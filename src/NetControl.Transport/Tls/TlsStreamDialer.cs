using NetControl.Network;

namespace NetControl.Transport.Tls;

/// <summary>Dials streams inside TLS: to the destination through another dialer, then the handshake with whoever answers there.</summary>
public sealed class TlsStreamDialer : IStreamDialer
{
    private readonly IStreamDialer _inner;
    private readonly TlsClient _client;

    /// <summary>Makes a dialer.</summary>
    /// <param name="inner">Opens the connections beneath.</param>
    /// <param name="options">The options; null for the defaults.</param>
    public TlsStreamDialer(IStreamDialer inner, TlsClientOptions? options = null)
        : this(inner, new TlsClient(options))
    {
    }

    /// <summary>Makes a dialer of a client that others use too.</summary>
    public TlsStreamDialer(IStreamDialer inner, TlsClient client)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(client);
        _inner = inner;
        _client = client;
    }

    /// <inheritdoc/>
    /// <exception cref="TlsException">The handshake failed; a failure to connect passes as it is.</exception>
    public async ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default)
    {
        IStreamConnection connection = await _inner.DialAsync(destination, cancellationToken);
        return await _client.HandshakeAsync(connection, destination, cancellationToken);
    }
}
