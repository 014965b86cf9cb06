using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using NetControl.Network;

namespace NetControl.Transport.Dns;

/// <summary>Asks over a stream, TCP (RFC 7766) or TLS (RFC 7858) as the endpoint has it.</summary>
/// <remarks>
/// One query at a time on a connection. Where there is a clock for it, a connection that has answered waits ten seconds for the next query
/// (RFC 7766 section 6.2.1): a handshake of TLS for each would cost more than the answer. A resolver that has closed it meanwhile is asked
/// again.
/// </remarks>
public sealed class DnsStreamTransport : IDnsTransport
{
    private static readonly TimeSpan s_keep = TimeSpan.FromSeconds(10);
    private readonly IStreamEndpoint _server;
    private readonly IdleConnections? _idle;

    /// <summary>Makes a transport with a connection for each query.</summary>
    /// <param name="server">Reaches the resolver.</param>
    /// <exception cref="ArgumentNullException"><paramref name="server"/> is null.</exception>
    public DnsStreamTransport(IStreamEndpoint server)
    {
        ArgumentNullException.ThrowIfNull(server);
        _server = server;
    }

    /// <summary>Makes a transport that uses connections again.</summary>
    /// <param name="server">Reaches the resolver.</param>
    /// <param name="timeProvider">The clock; an event loop's where queries are made on loops.</param>
    /// <param name="currentLoop">The event loop that the caller runs on, or null; left out where there are no loops.</param>
    /// <exception cref="ArgumentNullException">A part is null.</exception>
    public DnsStreamTransport(IStreamEndpoint server, TimeProvider timeProvider, Func<object?>? currentLoop = null)
        : this(server)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);
        _idle = new IdleConnections(timeProvider, currentLoop ?? (static () => null), s_keep);
    }

    /// <inheritdoc/>
    public async ValueTask<byte[]> ExchangeAsync(ReadOnlyMemory<byte> query, CancellationToken cancellationToken = default)
    {
        DnsStep.CheckQuery(query.Span);
        object? key = _idle?.Key;
        if (key is not null && _idle!.TryTake(key) is { } kept)
        {
            try
            {
                return await ExchangeOnAsync(kept, key, query, cancellationToken);
            }
            catch (DnsException e) when (e.InnerException is IOException)
            {
                // The resolver has closed it meanwhile; asking twice does no harm.
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        return await ExchangeOnAsync(await DnsStep.DialAsync(_server, cancellationToken), key, query, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<byte[]> ExchangeOnAsync(
        IStreamConnection connection, object? key, ReadOnlyMemory<byte> query, CancellationToken cancellationToken)
    {
        bool done = false;
        try
        {
            await SendAsync(connection, query, cancellationToken);
            byte[] answer = await ReceiveAsync(connection, cancellationToken);
            if (DnsAnswerCheck.Fault(query.Span, answer) is { } fault)
            {
                throw new DnsException(DnsError.BadResponse, fault);
            }

            done = true;
            return answer;
        }
        finally
        {
            if (!done)
            {
                connection.Abort();
                connection.Dispose();
            }
            else if (key is null || !_idle!.TryKeep(key, connection))
            {
                connection.Dispose();
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask SendAsync(IStreamConnection connection, ReadOnlyMemory<byte> query, CancellationToken cancellationToken)
    {
        // Length and message in one piece: servers there are that take a first segment of two bytes ill (RFC 7766 section 8).
        byte[] framed = ArrayPool<byte>.Shared.Rent(query.Length + 2);
        try
        {
            BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)query.Length);
            query.CopyTo(framed.AsMemory(2));
            await connection.WriteAsync(framed.AsMemory(0, query.Length + 2), cancellationToken);
        }
        catch (IOException e)
        {
            throw new DnsException(DnsError.Send, $"the query could not be sent: {e.Message}", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(framed);
        }
    }

    private static async ValueTask<byte[]> ReceiveAsync(IStreamConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            return await DnsFraming.ReadAsync(connection, cancellationToken)
                ?? throw new EndOfStreamException("the resolver closed the connection before it answered");
        }
        catch (IOException e)
        {
            throw new DnsException(DnsError.Receive, $"the answer did not come: {e.Message}", e);
        }
    }
}
