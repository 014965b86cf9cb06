using NetControl.Network;

namespace NetControl.Transport.Tests.Socks5;

/// <summary>An endpoint that hands out one connection, or fails.</summary>
internal sealed class FixedEndpoint(IStreamConnection? connection, Exception? error = null) : IStreamEndpoint
{
    public ValueTask<IStreamConnection> ConnectAsync(CancellationToken cancellationToken = default) =>
        error is null ? new ValueTask<IStreamConnection>(connection!) : ValueTask.FromException<IStreamConnection>(error);
}
