using System.Buffers;
using System.Runtime.CompilerServices;
using NetControl.Network;

namespace NetControl.Transport.Socks5;

/// <summary>The conversation that dialer and packet listener share: reach the proxy, ask, hear yes.</summary>
internal sealed class Socks5Client
{
    private readonly IStreamEndpoint _proxy;
    private readonly Socks5Credentials? _credentials;

    internal Socks5Client(IStreamEndpoint proxy, Socks5Credentials? credentials)
    {
        ArgumentNullException.ThrowIfNull(proxy);
        _proxy = proxy;
        _credentials = credentials;
    }

    /// <summary>Makes one request.</summary>
    /// <returns>The connection to the proxy, with the answer read and not one byte more, and the address that the answer carried.</returns>
    /// <exception cref="Socks5Exception">Unreachable, refused, or outside the protocol; the connection is aborted.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<(IStreamConnection Connection, HostPort? Bound)> RequestAsync(
        Socks5Command command, HostPort destination, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Socks5Handshake.BufferLength);
        IStreamConnection? connection = null;
        try
        {
            int length = Socks5Handshake.WriteRequest(buffer, _credentials, command, destination);
            connection = await ReachAsync(cancellationToken);
            await connection.WriteAsync(buffer.AsMemory(0, length), cancellationToken);
            length = await ReadAnswerAsync(connection, buffer, cancellationToken);
            return (connection, Socks5Handshake.ReadBoundAddress(buffer.AsSpan(0, length), _credentials is not null));
        }
        catch (Exception e)
        {
            // The far side learns of a failed handshake by a reset; nothing of it is worth a graceful close.
            connection?.Abort();
            connection?.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            if (e is IOException)
            {
                throw new Socks5Exception(DialFailure.ProxyUnreachable, $"the SOCKS5 proxy broke the connection off: {e.Message}", e);
            }

            throw;
        }
        finally
        {
            // The buffer may hold a password.
            ArrayPool<byte>.Shared.Return(buffer, clearArray: _credentials is not null);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<IStreamConnection> ReachAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _proxy.ConnectAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or DialException { Failure: not DialFailure.Canceled })
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new Socks5Exception(DialFailure.ProxyUnreachable, $"the SOCKS5 proxy cannot be reached: {e.Message}", e);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadAnswerAsync(IStreamConnection connection, byte[] buffer, CancellationToken cancellationToken)
    {
        int received = 0;
        while (true)
        {
            int wanted = Socks5Handshake.Examine(buffer.AsSpan(0, received), _credentials is not null);
            if (wanted == received)
            {
                return received;
            }

            int read = await connection.ReadAsync(buffer.AsMemory(received, wanted - received), cancellationToken);
            if (read == 0)
            {
                throw new Socks5Exception(DialFailure.ProxyUnreachable, "the SOCKS5 proxy closed the connection during the handshake");
            }

            received += read;
        }
    }
}
