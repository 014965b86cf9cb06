using System.Runtime.CompilerServices;
using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Dns;

/// <summary>Asks over datagrams, each query from a socket of its own: whoever wants to forge an answer has to guess its port as well.</summary>
public sealed class DnsPacketTransport : IDnsTransport
{
    private readonly Func<CancellationToken, ValueTask<IPacketConnection>> _open;
    private readonly Func<CancellationToken, ValueTask<AddrPort>> _find;

    /// <summary>Makes a transport.</summary>
    /// <param name="packets">Opens the sockets.</param>
    /// <param name="server">Where the resolver listens.</param>
    /// <exception cref="ArgumentNullException"><paramref name="packets"/> is null.</exception>
    public DnsPacketTransport(IPacketListener packets, AddrPort server)
    {
        ArgumentNullException.ThrowIfNull(packets);
        _open = packets.ListenAsync;
        _find = _ => new ValueTask<AddrPort>(server);
    }

    /// <summary>Makes a transport to a resolver whose name this machine finds.</summary>
    internal DnsPacketTransport(IPacketListener packets, ServerAddress server)
    {
        _open = packets.ListenAsync;
        _find = server.GetAsync;
    }

    /// <summary>Makes a transport to a resolver whose name the way takes.</summary>
    internal DnsPacketTransport(IServerPacketListener packets, HostPort server)
    {
        _open = token => packets.ListenAsync(server, token);
        AddrPort anywhere = new(IpAddr.AnyV4, server.Port); // the socket leads nowhere else
        _find = _ => new ValueTask<AddrPort>(anywhere);
    }

    /// <inheritdoc/>
    /// <remarks>What does not answer the query is ignored: a forged datagram must not be able to end the wait.</remarks>
    public async ValueTask<byte[]> ExchangeAsync(ReadOnlyMemory<byte> query, CancellationToken cancellationToken = default)
    {
        DnsStep.CheckQuery(query.Span);
        AddrPort server = await ReachAsync(_find, cancellationToken);
        using IPacketConnection connection = await ReachAsync(_open, cancellationToken);
        DnsAnswerWaiter waiter = new(query, cancellationToken);
        connection.Receive(waiter);

        // Closing the socket ends the wait where the socket lives; the canceller's thread must not continue in our place.
        CancellationTokenRegistration cancellation =
            cancellationToken.UnsafeRegister(static socket => ((IPacketConnection)socket!).Dispose(), connection);
        try
        {
            connection.Send(query.Span, server);
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
    private static async ValueTask<T> ReachAsync<T>(Func<CancellationToken, ValueTask<T>> step, CancellationToken cancellationToken)
    {
        try
        {
            return await step(cancellationToken);
        }
        catch (Exception e) when (e is DialException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new DnsException(DnsError.Dial, $"the resolver cannot be reached: {e.Message}", e);
        }
    }
}
