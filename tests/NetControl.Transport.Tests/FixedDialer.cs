using NetControl.Network;
using NetControl.Transport.Direct;

namespace NetControl.Transport.Tests;

/// <summary>A dialer that goes to one place whatever it is asked for, and keeps what it opened.</summary>
internal sealed class FixedDialer(HostPort place) : IStreamDialer
{
    private readonly TcpStreamDialer _inner = new();

    public List<WatchedConnection> Opened { get; } = [];

    public async ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default)
    {
        Opened.Add(new WatchedConnection(await _inner.DialAsync(place, cancellationToken)));
        return Opened[^1];
    }
}
