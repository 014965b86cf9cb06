using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using NetControl.Network;

namespace NetControl.Transport.Dns;

/// <summary>Asks over a stream, TCP (RFC 7766) or TLS (RFC 7858) as the endpoint has it: a connection for each query.</summary>
public sealed class DnsStreamTransport : IDnsTransport
{
    private readonly IStreamEndpoint _server;

    /// <summary>Makes a transport.</summary>
    /// <param name="server">Reaches the resolver.</param>
    /// <exception cref="ArgumentNullException"><paramref name="server"/> is null.</exception>
    public DnsStreamTransport(IStreamEndpoint server)
    {
        ArgumentNullException.ThrowIfNull(server);
        _server = server;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<byte[]> ExchangeAsync(ReadOnlyMemory<byte> query, CancellationToken cancellationToken = default)
    {
        DnsStep.CheckQuery(query.Span);
        IStreamConnection connection = await DnsStep.DialAsync(_server, cancellationToken);
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
            }

            connection.Dispose();
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
