using System.Buffers;
using System.Runtime.CompilerServices;
using NetControl.Network;

namespace NetControl.Transport.Socks5;

/// <summary>The conversation that dialer and packet listener share: reach the proxy, ask, hear yes.</summary>
/// <remarks>
/// Everything is said in one piece, which saves round trips, unless the proxy turns out to be one that takes each of its reads for one
/// message and so loses what follows the greeting (microsocks does). Such a proxy answers the greeting and then is silent. Until a
/// proxy has answered once in full, that silence is therefore bounded; after it the same request is made again step by step, and so is
/// every later one. A proxy whose destination is merely slow to answer is judged wrongly, at the price of a round trip for each dial.
/// Thread rule: any thread; the one field that changes only ever goes from unknown to known.
/// </remarks>
internal sealed class Socks5Client
{
    /// <summary>How long a proxy of unknown manners may be silent between its answers: room for a dial on the far side.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(300);

    private readonly IStreamEndpoint _proxy;
    private readonly Socks5Credentials? _credentials;
    private readonly TimeProvider _timeProvider;
    private volatile Manners _manners;

    internal Socks5Client(IStreamEndpoint proxy, Socks5Credentials? credentials, TimeProvider? timeProvider)
    {
        ArgumentNullException.ThrowIfNull(proxy);
        _proxy = proxy;
        _credentials = credentials;
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    private enum Manners
    {
        Unknown,
        HearsAll,
        StepByStep,
    }

    /// <summary>Makes one request.</summary>
    /// <returns>The connection to the proxy, with the answer read and not one byte more, and the address that the answer carried.</returns>
    /// <exception cref="Socks5Exception">Unreachable, refused, or outside the protocol; the connection is aborted.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<(IStreamConnection Connection, HostPort? Bound)> RequestAsync(
        Socks5Command command, HostPort destination, CancellationToken cancellationToken)
    {
        (IStreamConnection? connection, HostPort? bound) = await AttemptAsync(command, destination, cancellationToken);
        if (connection is null)
        {
            _manners = Manners.StepByStep;
            (connection, bound) = await AttemptAsync(command, destination, cancellationToken);
        }

        return (connection!, bound);
    }

    /// <summary>Makes one request on a new connection. No connection: the proxy answered the greeting, and then was silent.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(IStreamConnection? Connection, HostPort? Bound)> AttemptAsync(
        Socks5Command command, HostPort destination, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(2 * Socks5Handshake.BufferLength);
        Memory<byte> request = buffer.AsMemory(Socks5Handshake.BufferLength, Socks5Handshake.BufferLength);
        IStreamConnection? connection = null;
        try
        {
            request = request[..Socks5Handshake.WriteRequest(request.Span, _credentials, command, destination)];
            connection = await ReachAsync(cancellationToken);
            int length = 0;
            if (_manners == Manners.StepByStep)
            {
                (length, request) = await GreetAsync(connection, buffer, request, cancellationToken);
            }

            await connection.WriteAsync(request, cancellationToken);
            length = await ReadAnswerAsync(connection, buffer, length, cancellationToken);
            if (length > 0)
            {
                return (connection, Socks5Handshake.ReadBoundAddress(buffer.AsSpan(0, length), _credentials is not null));
            }

            connection.Abort();
            connection.Dispose();
            return default;
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

    /// <summary>Selects the method and, if the proxy wants them, shows the credentials, waiting for each answer.</summary>
    /// <returns>How much of the answer has been read, and what is left to say.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(int Received, Memory<byte> Unsaid)> GreetAsync(
        IStreamConnection connection, byte[] buffer, Memory<byte> request, CancellationToken cancellationToken)
    {
        bool password = _credentials is not null;
        await connection.WriteAsync(request[..Socks5Handshake.GreetingLength], cancellationToken);
        int received = await ReadPreambleAsync(connection, buffer, 0, cancellationToken);
        int start = Socks5Handshake.GreetingLength + Socks5Handshake.CredentialsLength(_credentials);
        if (Socks5Handshake.AnswerStart(buffer.AsSpan(0, received), password) > received)
        {
            await connection.WriteAsync(request[Socks5Handshake.GreetingLength..start], cancellationToken);
            received = await ReadPreambleAsync(connection, buffer, received, cancellationToken);
        }

        return (received, request[start..]);
    }

    /// <summary>Reads the next two bytes of the preamble; judging them is the caller's.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadPreambleAsync(
        IStreamConnection connection, byte[] buffer, int received, CancellationToken cancellationToken)
    {
        int end = received + 2;
        while (received < end)
        {
            received += await ReadSomeAsync(connection, buffer.AsMemory(received, end - received), cancellationToken);
            _ = Socks5Handshake.AnswerStart(buffer.AsSpan(0, received), _credentials is not null);
        }

        return received;
    }

    /// <summary>Reads the answer to its end; 0 if a proxy of unknown manners began and then was silent.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadAnswerAsync(
        IStreamConnection connection, byte[] buffer, int received, CancellationToken cancellationToken)
    {
        CancellationTokenSource? patience = null;
        CancellationTokenRegistration registration = default;
        try
        {
            while (true)
            {
                int wanted = Examine(buffer.AsSpan(0, received));
                if (wanted == received)
                {
                    return received;
                }

                if (received > 0 && patience is null && _manners == Manners.Unknown)
                {
                    patience = new CancellationTokenSource(s_patience, _timeProvider);
                    registration = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), patience);
                }

                CancellationToken token = patience?.Token ?? cancellationToken;
                received += await ReadSomeAsync(connection, buffer.AsMemory(received, wanted - received), token);
            }
        }
        catch (OperationCanceledException)
            when (patience is { IsCancellationRequested: true } && !cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
        finally
        {
            registration.Unregister();
            patience?.Dispose();
        }
    }

    /// <summary>Judges what has been heard; a whole answer tells that the proxy hears everything said at once.</summary>
    private int Examine(ReadOnlySpan<byte> received)
    {
        int wanted = Socks5Handshake.Examine(received, _credentials is not null);
        if (wanted == received.Length && _manners == Manners.Unknown)
        {
            _manners = Manners.HearsAll;
        }

        return wanted;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<int> ReadSomeAsync(
        IStreamConnection connection, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int read = await connection.ReadAsync(buffer, cancellationToken);
        return read > 0
            ? read
            : throw new Socks5Exception(DialFailure.ProxyUnreachable, "the SOCKS5 proxy closed the connection during the handshake");
    }
}
