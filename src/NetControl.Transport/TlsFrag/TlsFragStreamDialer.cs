using NetControl.Network;

namespace NetControl.Transport.TlsFrag;

/// <summary>Dials streams whose first TLS handshake record, the ClientHello, is sent as two records. What is not TLS passes untouched.</summary>
public sealed class TlsFragStreamDialer : IStreamDialer
{
    private readonly IStreamDialer _inner;
    private readonly TlsRecordSplit? _split;
    private readonly int _length;

    /// <summary>Makes a dialer that cuts at a fixed place.</summary>
    /// <param name="inner">Opens the connections.</param>
    /// <param name="length">The length of the first fragment; if negative, of the last. With 0 the inner dialer's connections are given as they are.</param>
    public TlsFragStreamDialer(IStreamDialer inner, int length)
    {
        ArgumentNullException.ThrowIfNull(inner);
        _inner = inner;
        _length = length;
    }

    /// <summary>Makes a dialer that cuts where a function says.</summary>
    public TlsFragStreamDialer(IStreamDialer inner, TlsRecordSplit split)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(split);
        _inner = inner;
        _split = split;
    }

    /// <inheritdoc/>
    public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default) =>
        _split is null && _length == 0 ? _inner.DialAsync(destination, cancellationToken) : WrapAsync(destination, cancellationToken);

    private async ValueTask<IStreamConnection> WrapAsync(HostPort destination, CancellationToken cancellationToken)
    {
        IStreamConnection connection = await _inner.DialAsync(destination, cancellationToken);
        return _split is null ? new FixedTlsFragConnection(connection, _length) : new FunctionTlsFragConnection(connection, _split);
    }
}
