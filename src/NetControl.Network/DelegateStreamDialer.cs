namespace NetControl.Network;

/// <summary>The twin of <see cref="DelegatePacketProxy"/> for streams: a dialer that can be replaced under live traffic.</summary>
/// <remarks>A dial that has begun, and every stream that is open, stays with the dialer it began with.</remarks>
public sealed class DelegateStreamDialer : IStreamDialer
{
    private volatile IStreamDialer _dialer;

    /// <summary>Forwards to this dialer until another is set.</summary>
    public DelegateStreamDialer(IStreamDialer dialer)
    {
        ArgumentNullException.ThrowIfNull(dialer);
        _dialer = dialer;
    }

    /// <inheritdoc/>
    public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default) =>
        _dialer.DialAsync(destination, cancellationToken);

    /// <summary>Replaces the dialer for every dial yet to come.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="dialer"/> is null; the old dialer stays.</exception>
    public void SetDialer(IStreamDialer dialer)
    {
        ArgumentNullException.ThrowIfNull(dialer);
        _dialer = dialer;
    }
}
