using NetControl.Network;

namespace NetControl.Transport.Dns;

/// <summary>Answers DNS over TCP itself, by a splitter; everything else is dialled.</summary>
internal sealed class DnsSplitStreamDialer(DnsSplitter splitter, IStreamDialer inner, TimeProvider timeProvider) : IStreamDialer
{
    /// <inheritdoc/>
    public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default) =>
        destination.Port == DnsServerOption.DnsPort
            ? new ValueTask<IStreamConnection>(new DnsServerConnection(splitter, destination, timeProvider))
            : inner.DialAsync(destination, cancellationToken);
}
