using NetControl.Network;
using NetControl.Transport.Tests.Socks5;

namespace NetControl.Transport.Tests.Dns;

/// <summary>A dialer that remembers where it was asked to go, and hands out silent connections, or what the test says.</summary>
internal sealed class DialRecorder(Func<HostPort, IStreamConnection>? dial = null) : IStreamDialer
{
    public List<string> Dialled { get; } = [];

    public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default)
    {
        Dialled.Add(destination.ToString());
        return new ValueTask<IStreamConnection>(dial?.Invoke(destination) ?? new MemoryStreamConnection([], hang: true));
    }
}
