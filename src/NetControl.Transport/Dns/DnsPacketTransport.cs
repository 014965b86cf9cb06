using System.Runtime.CompilerServices;
using NetControl.Network;

namespace NetControl.Transport.Dns;

/// <summary>Asks over datagrams, each query from a socket of its own: whoever wants to forge an answer has to guess its port as well.</summary>
public sealed class DnsPacketTransport : IDnsTransport
{
    private readonly IPacketListener _packets;
    private readonly AddrPort _server;

    /// <summary>Makes a transport.</summary>
    /// <param name="packets">Opens the sockets.</param>
    /// <param name="server">Where the resolver listens.</param>
    /// <exception cref="ArgumentNullException"><paramref name="packets"/> is null.</exception>
    public DnsPacketTransport(IPacketListener packets, AddrPort server)
    {
        ArgumentNullException.ThrowIfNull(packets);
        _packets = packets;
        _server = server;
    }

    /// <inheritdoc/>
    /// <remarks>What does not answer the query is ignored: a forged datagram must not be able to end the wait.</remarks>
    public async ValueTask<byte[]> ExchangeAsync(ReadOnlyMemory<byte> query, CancellationToken cancellationToken = default)
    {
        DnsStep.CheckQuery(query.Span);
        using IPacketConnection connection = await OpenAsync(cancellationToken);
        DnsAnswerWaiter waiter = new(query, cancellationToken);
        connection.Receive(waiter);

        // Closing the socket ends the wait where the socket lives; the canceller's thread must not continue in our place.
        CancellationTokenRegistration cancellation =
            cancellationToken.UnsafeRegister(static socket => ((IPacketConnection)socket!).Dispose(), connection);
        try
        {
            connection.Send(query.Span, _server);
            return await waiter.Answer;
        }
        catch (NetworkException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new DnsException(DnsError.Send, $"the query could not be sent: {e.Message}", e);
        }
        finally
        {
            cancellation.Unregister();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<IPacketConnection> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _packets.ListenAsync(cancellationToken);
        }
        catch (Exception e) when (e is DialException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new DnsException(DnsError.Dial, $"the resolver cannot be reached: {e.Message}", e);
        }
    }
}
