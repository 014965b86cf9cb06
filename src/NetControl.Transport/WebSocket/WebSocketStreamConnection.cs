using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using NetControl.Network;
using NetControl.Transport.Http;

namespace NetControl.Transport.WebSocket;

/// <summary>A stream inside a WebSocket: each write is a binary message, each message bytes of the stream.</summary>
/// <remarks>
/// <para>Owns the connection beneath. Half-close is a close frame, 1000: the other half goes on until the server sends its own. Pings are
/// answered, while somebody reads.</para>
/// <para>Buffers: bytes are received into the reader's own buffer and taken out of their frames there; while a write is under way it holds a
/// pooled buffer for what is masked. Otherwise nothing is held.</para>
/// </remarks>
public sealed class WebSocketStreamConnection : IStreamConnection
{
    private const int Chunk = 32 << 10;
    private readonly Lock _gate = new();
    private readonly IStreamConnection _inner;
    private readonly WebSocketReader _reader = new();
    private readonly WakeUp _free = new();
    private readonly byte[] _pong = new byte[WebSocketFrame.MaxControl];
    private IOException? _fault;
    private int _pongLength = -1;
    private bool _remoteClosed;
    private bool _localClosed;
    private bool _writing;
    private bool _waiting;

    internal WebSocketStreamConnection(IStreamConnection inner) => _inner = inner;

    /// <inheritdoc/>
    public AddrPort LocalAddress => _inner.LocalAddress;

    /// <inheritdoc/>
    public AddrPort RemoteAddress => _inner.RemoteAddress;

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (_fault is not null)
            {
                throw _fault;
            }

            if (_remoteClosed)
            {
                return 0;
            }

            int read = await _inner.ReadAsync(buffer, cancellationToken);
            if (buffer.IsEmpty)
            {
                return 0;
            }

            if (read == 0)
            {
                throw _fault = new WebSocketStreamException(null, "the WebSocket server ended the connection without closing it");
            }

            int count = Unwrap(buffer.Span[..read]);
            if (_pongLength >= 0)
            {
                await AnswerAsync(cancellationToken);
            }

            if (count > 0)
            {
                return count;
            }
        }
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_localClosed)
        {
            throw new InvalidOperationException("the writing half of this connection is closed");
        }

        await AcquireAsync();
        byte[] room = ArrayPool<byte>.Shared.Rent(buffer.IsEmpty ? WebSocketFrame.MaxHeader : Math.Min(Chunk, buffer.Length + WebSocketFrame.MaxHeader));
        try
        {
            if (buffer.IsEmpty)
            {
                await _inner.WriteAsync(buffer, cancellationToken);
                return;
            }

            uint mask = WebSocketFrame.NewMask();
            int at = WebSocketFrame.WriteHeader(room, WebSocketOpcode.Binary, buffer.Length, mask);
            for (int sent = 0; sent < buffer.Length; at = 0)
            {
                int count = Math.Min(buffer.Length - sent, room.Length - at);
                WebSocketMask.Apply(buffer.Span.Slice(sent, count), room.AsSpan(at), mask, sent);
                sent += count;
                await _inner.WriteAsync(room.AsMemory(0, at + count), cancellationToken);
            }
        }
        catch (OperationCanceledException e)
        {
            // Half a frame may be out: nothing that follows it would mean anything.
            _fault ??= new WebSocketStreamException(null, "a write was given up half way", e);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(room);
            await ReleaseAsync();
        }
    }

    /// <inheritdoc/>
    public async ValueTask CloseWriteAsync(CancellationToken cancellationToken = default)
    {
        if (_localClosed)
        {
            return;
        }

        _localClosed = true;
        await AcquireAsync();
        byte[] frame = new byte[WebSocketFrame.MaxHeader + 2];
        byte[] code = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(code, (ushort)WebSocketCloseCode.Normal);
        await _inner.WriteAsync(frame.AsMemory(0, WebSocketFrame.Write(frame, WebSocketOpcode.Close, code)), cancellationToken);

        // Not released: nothing may follow a close, an answer to a ping neither (RFC 6455 section 5.5.1).
    }

    /// <inheritdoc/>
    public void CloseRead() => _inner.CloseRead();

    /// <inheritdoc/>
    public void Abort() => _inner.Abort();

    /// <inheritdoc/>
    public void Dispose() => _inner.Dispose();

    /// <summary>Takes what was received out of its frames, and moves the payload to the front.</summary>
    private int Unwrap(Span<byte> received)
    {
        int count = 0;
        ReadOnlySpan<byte> left = received;
        try
        {
            while (true)
            {
                switch (_reader.Next(ref left, out ReadOnlySpan<byte> payload))
                {
                    case WebSocketToken.Payload:
                        payload.CopyTo(received[count..]);
                        count += payload.Length;
                        break;
                    case WebSocketToken.Ping:
                        KeepPing();
                        break;
                    case WebSocketToken.Close:
                        _remoteClosed = true;
                        if (_reader.CloseCode is not (WebSocketCloseCode.Normal or WebSocketCloseCode.NoStatus))
                        {
                            _fault ??= new WebSocketStreamException(_reader.CloseCode, $"the WebSocket server closed: {Describe(_reader.CloseCode)}");
                        }

                        return count;
                    case WebSocketToken.More:
                        return count;
                }
            }
        }
        catch (WebSocketStreamException e)
        {
            // What came before it by the rules is given first.
            _fault ??= e;
            return count;
        }
    }

    private void KeepPing()
    {
        lock (_gate)
        {
            // Only the latest wants an answer (RFC 6455 section 5.5.3): a flood of them costs one at a time.
            _reader.Control.CopyTo(_pong);
            _pongLength = _reader.Control.Length;
        }
    }

    /// <summary>Answers a ping, unless somebody writes: he then does it.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AnswerAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_writing)
            {
                return;
            }

            _writing = true;
        }

        await WritePongAsync(cancellationToken);
        await ReleaseAsync();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WritePongAsync(CancellationToken cancellationToken)
    {
        byte[] frame = ArrayPool<byte>.Shared.Rent(WebSocketFrame.MaxHeader + WebSocketFrame.MaxControl);
        try
        {
            int length;
            lock (_gate)
            {
                length = _pongLength < 0 ? 0 : WebSocketFrame.Write(frame, WebSocketOpcode.Pong, _pong.AsSpan(0, _pongLength));
                _pongLength = -1;
            }

            await _inner.WriteAsync(frame.AsMemory(0, length), cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
        }
    }

    /// <summary>Waits until nobody writes. There is one writer, and the answer to a ping.</summary>
    private ValueTask AcquireAsync()
    {
        lock (_gate)
        {
            if (!_writing)
            {
                _writing = true;
                return default;
            }

            if (_waiting)
            {
                throw new InvalidOperationException("the previous write on this connection has not finished");
            }

            _waiting = true;
            _free.Reset();
        }

        return _free.WaitAsync();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReleaseAsync()
    {
        while (true)
        {
            bool hand = false;
            lock (_gate)
            {
                if (_pongLength < 0 || _fault is not null)
                {
                    hand = _waiting;
                    _waiting = false;
                    _writing = hand;
                    if (!hand)
                    {
                        return;
                    }
                }
            }

            if (hand)
            {
                _free.Set();
                return;
            }

            try
            {
                await WritePongAsync(default);
            }
            catch (IOException e)
            {
                _fault ??= e;
            }
        }
    }

    private static string Describe(WebSocketCloseCode code) => Enum.IsDefined(code) ? $"{(int)code} {code}" : $"{(int)code}";
}
