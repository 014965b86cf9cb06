using NetControl.Network;

namespace NetControl.Transport.Tests;

/// <summary>A dialer that gives one connection after the other, at once, and keeps what it was asked for.</summary>
internal sealed class GivenDialer(params IStreamConnection[] connections) : IStreamDialer
{
    private int _next;

    public List<HostPort> Dialled { get; } = [];

    public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default)
    {
        Dialled.Add(destination);
        return new ValueTask<IStreamConnection>(connections[_next++]);
    }
}
