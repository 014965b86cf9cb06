namespace NetControl.Network;

/// <summary>A place that a dialer reaches: the endpoint of a proxy server behind another hop.</summary>
public sealed class StreamDialerEndpoint : IStreamEndpoint
{
    private readonly IStreamDialer _dialer;
    private readonly HostPort _address;

    /// <summary>Fixes the address that the dialer will be asked for.</summary>
    public StreamDialerEndpoint(IStreamDialer dialer, HostPort address)
    {
        ArgumentNullException.ThrowIfNull(dialer);
        _dialer = dialer;
        _address = address;
    }

    /// <inheritdoc/>
    public ValueTask<IStreamConnection> ConnectAsync(CancellationToken cancellationToken = default) => _dialer.DialAsync(_address, cancellationToken);
}
