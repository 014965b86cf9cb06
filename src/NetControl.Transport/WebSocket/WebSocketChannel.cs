using System.Buffers;
using NetControl.Network;
using NetControl.Transport.Http;

namespace NetControl.Transport.WebSocket;

/// <summary>One WebSocket of a packet socket: a message is a datagram.</summary>
/// <remarks>
/// Owned by its <see cref="WebSocketPacketConnection"/>. What cannot be sent at once waits in a bounded buffer, and is dropped beyond; a message
/// that is larger than a datagram can be is dropped, too. While nothing moves, no buffer is held.
/// </remarks>
internal sealed class WebSocketChannel : IDisposable
{
    private const int MaxWaiting = 256 << 10;
    private const int MaxMessage = 65_535;
    private const int InputSize = 16 << 10;
    private readonly Lock _gate = new();
    private readonly WebSocketPacketConnection _owner;
    private readonly CancellationTokenSource _ended = new();
    private readonly WakeUp _wake = new();
    private readonly WebSocketReader _reader = new();
    private byte[] _waiting = [];
    private int _waitingLength;
    private IStreamConnection? _connection;
    private bool _writerIdle;
    private bool _over;

    /// <summary>Makes a channel that leads nowhere yet.</summary>
    public WebSocketChannel(WebSocketPacketConnection owner, AddrPort destination)
    {
        _owner = owner;
        Destination = destination;
    }

    /// <summary>Where its datagrams are addressed to.</summary>
    public AddrPort Destination { get; }

    /// <summary>Sends a datagram, or keeps it until there is a WebSocket, or drops it.</summary>
    public bool Send(ReadOnlySpan<byte> payload) => Append(WebSocketOpcode.Binary, payload);

    /// <summary>Dials, on the caller's thread. Called once.</summary>
    public void Start(Func<HostPort, CancellationToken, ValueTask<IStreamConnection>> dial, HostPort destination) => _ = RunAsync(dial, destination);

    /// <inheritdoc/>
    public void Dispose()
    {
        IStreamConnection? connection;
        byte[] waiting;
        bool wake;
        lock (_gate)
        {
            if (_over)
            {
                return;
            }

            _over = true;
            (connection, _connection) = (_connection, null);
            (waiting, _waiting) = (_waiting, []);
            _waitingLength = 0;
            wake = _writerIdle;
            _writerIdle = false;
        }

        if (waiting.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(waiting);
        }

        _ended.Cancel();
        connection?.Dispose();
        if (wake)
        {
            _wake.Set();
        }
    }

    private bool Append(WebSocketOpcode opcode, ReadOnlySpan<byte> payload)
    {
        bool wake;
        lock (_gate)
        {
            if (_over || _waitingLength + WebSocketFrame.MaxHeader + payload.Length > MaxWaiting)
            {
                return false;
            }

            if (_waiting.Length - _waitingLength < WebSocketFrame.MaxHeader + payload.Length)
            {
                Grow(_waitingLength + WebSocketFrame.MaxHeader + payload.Length);
            }

            _waitingLength += WebSocketFrame.Write(_waiting.AsSpan(_waitingLength), opcode, payload);
            wake = _writerIdle;
            _writerIdle = false;
        }

        if (wake)
        {
            _wake.Set();
        }

        return true;
    }

    private void Grow(int length)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(length, 2 * _waiting.Length));
        _waiting.AsSpan(0, _waitingLength).CopyTo(larger);
        if (_waiting.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_waiting);
        }

        _waiting = larger;
    }

    private async Task RunAsync(Func<HostPort, CancellationToken, ValueTask<IStreamConnection>> dial, HostPort destination)
    {
        DialException? failure = null;
        try
        {
            IStreamConnection connection = await dial(destination, _ended.Token);
            if (!TryTake(connection))
            {
                connection.Dispose();
                return;
            }

            _ = WriteAsync(connection);
            await _owner.Listening;
            await ReadAsync(connection);
        }
        catch (Exception e)
        {
            // Why an open WebSocket ended is of no use to anybody: the next datagram tries again.
            failure = e as DialException;
        }

        Dispose();
        _owner.Forget(this, failure);
    }

    private bool TryTake(IStreamConnection connection)
    {
        lock (_gate)
        {
            _connection = _over ? null : connection;
            return !_over;
        }
    }

    private async Task WriteAsync(IStreamConnection connection)
    {
        try
        {
            while (true)
            {
                byte[] going;
                int length;
                lock (_gate)
                {
                    if (_over)
                    {
                        return;
                    }

                    (going, _waiting) = (_waiting, []);
                    length = _waitingLength;
                    _waitingLength = 0;
                    _writerIdle = length == 0;
                    if (_writerIdle)
                    {
                        _wake.Reset();
                    }
                }

                if (length == 0)
                {
                    await _wake.WaitAsync();
                    continue;
                }

                try
                {
                    await connection.WriteAsync(going.AsMemory(0, length));
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(going);
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The reader meets the same end, at the latest when this closes the connection.
            Dispose();
            _owner.Forget(this, null);
        }
    }

    private async Task ReadAsync(IStreamConnection connection)
    {
        byte[] message = [];
        int length = 0;
        bool tooLong = false;
        try
        {
            while (true)
            {
                // To wait without a buffer, where the connection can.
                await connection.ReadAsync(Memory<byte>.Empty);
                byte[] input = ArrayPool<byte>.Shared.Rent(InputSize);
                try
                {
                    int read = await connection.ReadAsync(input);
                    if (read == 0 || !Take(input.AsSpan(0, read), ref message, ref length, ref tooLong))
                    {
                        return;
                    }
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(input);
                }
            }
        }
        finally
        {
            if (message.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(message);
            }
        }
    }

    /// <summary>Takes what was received apart; false when the server has closed.</summary>
    private bool Take(ReadOnlySpan<byte> input, ref byte[] message, ref int length, ref bool tooLong)
    {
        while (true)
        {
            switch (_reader.Next(ref input, out ReadOnlySpan<byte> payload))
            {
                case WebSocketToken.Payload:
                    tooLong |= length + payload.Length > MaxMessage;
                    if (!tooLong)
                    {
                        message = message.Length == 0 ? ArrayPool<byte>.Shared.Rent(MaxMessage) : message;
                        payload.CopyTo(message.AsSpan(length));
                        length += payload.Length;
                    }

                    break;
                case WebSocketToken.MessageEnd:
                    if (!tooLong)
                    {
                        _owner.Deliver(message.AsSpan(0, length), Destination);
                    }

                    length = 0;
                    tooLong = false;
                    if (message.Length > 0)
                    {
                        ArrayPool<byte>.Shared.Return(message);
                        message = [];
                    }

                    break;
                case WebSocketToken.Ping:
                    Append(WebSocketOpcode.Pong, _reader.Control);
                    break;
                case WebSocketToken.Close:
                    return false;
                default:
                    return true;
            }
        }
    }
}
