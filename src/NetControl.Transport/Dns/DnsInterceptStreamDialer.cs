using NetControl.Network;

namespace NetControl.Transport.Dns;

/// <summary>Dials one resolver in another's place, and everything else as it is asked.</summary>
internal sealed class DnsInterceptStreamDialer(IStreamDialer inner, AddrPort local, AddrPort remote) : IStreamDialer
{
    private readonly HostPort _local = local;
    private readonly HostPort _remote = remote;

    /// <inheritdoc/>
    public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default) =>
        inner.DialAsync(destination == _local ? _remote : destination, cancellationToken);
}
