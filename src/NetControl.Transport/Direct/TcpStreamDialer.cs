using System.Net.Sockets;
using NetControl.Network;

namespace NetControl.Transport.Direct;

/// <summary>Dials TCP over the framework's sockets: the plain path of library users and tests.</summary>
/// <remarks>A name is resolved by the system and its addresses are tried one after the other, in the system's order (RFC 6724).</remarks>
public sealed class TcpStreamDialer : IStreamDialer
{
    private readonly DirectSocketOptions _options;

    /// <summary>Makes a dialer.</summary>
    public TcpStreamDialer(DirectSocketOptions? options = null) => _options = options ?? new DirectSocketOptions();

    /// <inheritdoc/>
    public async ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default)
    {
        if (destination.IsAddress)
        {
            return await DialAsync(destination.Address, cancellationToken);
        }

        DialException? first = null;
        foreach (IpAddr address in await SystemLookup.FindAsync(destination.Host, cancellationToken))
        {
            try
            {
                return await DialAsync(new AddrPort(address, destination.Port), cancellationToken);
            }
            catch (DialException e)
            {
                first ??= e;
            }
        }

        throw first ?? new DialException(DialFailure.NameNotResolved, $"{destination.Host} has no addresses");
    }

    private async ValueTask<IStreamConnection> DialAsync(AddrPort address, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(_options.ConnectTimeout ?? Timeout.InfiniteTimeSpan);
        Socket? socket = null;
        try
        {
            socket = new Socket(address.Address.Family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            _options.Apply(socket);
            await socket.ConnectAsync(address.ToIPEndPoint(), timeout.Token);
            return new TcpStreamConnection(socket);
        }
        catch (Exception e)
        {
            socket?.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw e switch
            {
                SocketException error => SocketFailures.ToDialException(error, $"dialling {address}"),
                OperationCanceledException => new DialException(DialFailure.TimedOut, $"dialling {address}: no answer in time", e),
                _ => new DialException(DialFailure.Other, $"dialling {address}: {e.Message}", e),
            };
        }
    }
}
