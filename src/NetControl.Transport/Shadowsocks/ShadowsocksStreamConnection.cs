using System.Runtime.CompilerServices;
using NetControl.Network;

namespace NetControl.Transport.Shadowsocks;

/// <summary>A stream through a Shadowsocks server.</summary>
/// <remarks>
/// <para>Owns the stream beneath it. The request is not sent when the stream is made but with the first bytes that are written, or alone
/// when those are long in coming; a stream that is closed before then has sent nothing.</para>
/// <para>The protocol has no answer to a request: that the destination refused, or is not there, shows as the end of the stream.</para>
/// <para>Thread rule: that of the seam. Continuations stay where the stream beneath completes.</para>
/// </remarks>
internal sealed class ShadowsocksStreamConnection : IStreamConnection
{
    private readonly IStreamConnection _inner;
    private readonly ChunkWriter _writer;
    private readonly ChunkReader _reader;
    private readonly Lock _requestGate = new();
    private ITimer? _timer;
    private Task? _request;
    private volatile bool _requestIsOut;
    private bool _waited;
    private int _readerUse;

    internal ShadowsocksStreamConnection(IStreamConnection inner, StreamOpening opening)
    {
        _inner = inner;
        _writer = new ChunkWriter(inner, opening);
        _reader = new ChunkReader(opening);
    }

    /// <inheritdoc/>
    public AddrPort LocalAddress => _inner.LocalAddress;

    /// <inheritdoc/>
    public AddrPort RemoteAddress => _inner.RemoteAddress;

    /// <inheritdoc/>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Enter();
        bool stays = false;
        try
        {
            if (buffer.IsEmpty)
            {
                _waited = true;
                return _reader.HasData ? new ValueTask<int>(0) : _inner.ReadAsync(buffer, cancellationToken);
            }

            int count = _reader.Read(buffer.Span);
            if (count > 0)
            {
                return new ValueTask<int>(count);
            }

            stays = true;
            return ReadMoreAsync(buffer, cancellationToken);
        }
        catch (Exception e)
        {
            return ValueTask.FromException<int>(Broken(e));
        }
        finally
        {
            if (!stays)
            {
                Leave();
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            // Asks whether the stream is broken. While the request is on its way, that write will tell.
            return _requestIsOut || _request is null ? _inner.WriteAsync(buffer, cancellationToken) : ValueTask.CompletedTask;
        }

        try
        {
            return _requestIsOut || TryTakeRequest()
                ? _writer.WriteAsync(buffer, cancellationToken)
                : WriteAfterRequestAsync(buffer, cancellationToken);
        }
        catch (ObjectDisposedException e)
        {
            return ValueTask.FromException(Broken(e));
        }
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask CloseWriteAsync(CancellationToken cancellationToken = default)
    {
        await SendRequestAsync(cancellationToken);
        await _inner.CloseWriteAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public void CloseRead() => _inner.CloseRead();

    /// <inheritdoc/>
    public void Abort()
    {
        GiveRequestUp();
        _inner.Abort();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        GiveRequestUp();
        _inner.Dispose();
        _writer.Dispose();
        if (Interlocked.Or(ref _readerUse, 2) == 0)
        {
            _reader.Dispose();
        }
    }

    /// <summary>Sends the request by itself, if it has not been sent, after so long.</summary>
    internal void SendRequestAfter(TimeSpan wait, TimeProvider timeProvider)
    {
        _timer = timeProvider.CreateTimer(
            static connection => ((ShadowsocksStreamConnection)connection!).OnTimer(), this, wait, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Sends the request by itself now, if it has not been sent.</summary>
    internal ValueTask SendRequestAsync(CancellationToken cancellationToken)
    {
        if (_requestIsOut)
        {
            return ValueTask.CompletedTask;
        }

        return TryTakeRequest() ? _writer.WriteAsync(ReadOnlyMemory<byte>.Empty, cancellationToken) : new ValueTask(_request!);
    }

    private void OnTimer()
    {
        // The timer may fire on another thread than the writer's: one of the two sends the request, and the writer waits if it was not he.
        lock (_requestGate)
        {
            if (!_requestIsOut)
            {
                _request ??= SendByTimerAsync();
            }
        }
    }

    private async Task SendByTimerAsync()
    {
        try
        {
            await _writer.WriteAsync(ReadOnlyMemory<byte>.Empty, CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Nobody waits for this write. The reader sees the end, and the next write fails as this one did.
            _inner.Abort();
        }
    }

    /// <summary>Whether the caller's write is the one that carries the request.</summary>
    private bool TryTakeRequest()
    {
        lock (_requestGate)
        {
            if (_request is not null)
            {
                return false;
            }

            _requestIsOut = true;
        }

        _timer?.Dispose();
        return true;
    }

    private void GiveRequestUp()
    {
        lock (_requestGate)
        {
            _request ??= Task.CompletedTask;
        }

        _timer?.Dispose();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteAfterRequestAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        await _request!;
        _requestIsOut = true;
        await _writer.WriteAsync(buffer, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadMoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            if (_reader.IsIdle && !_waited)
            {
                await _inner.ReadAsync(Memory<byte>.Empty, cancellationToken);
            }

            _waited = false;
            while (true)
            {
                int received = await _inner.ReadAsync(_reader.Room(), cancellationToken);
                if (received == 0)
                {
                    _reader.End();
                    return 0;
                }

                _reader.Received(received);
                int count = _reader.Read(buffer.Span);
                if (count > 0)
                {
                    return count;
                }
            }
        }
        catch (Exception e) when (e is ShadowsocksStreamException or ObjectDisposedException)
        {
            throw Broken(e);
        }
        finally
        {
            Leave();
        }
    }

    private void Enter()
    {
        if (Interlocked.CompareExchange(ref _readerUse, 1, 0) is var use and not 0)
        {
            throw (use & 2) != 0
                ? new IOException("the connection is closed")
                : new InvalidOperationException("a read is under way already");
        }
    }

    private void Leave()
    {
        // Disposed of meanwhile: the one who leaves last puts out the light.
        if ((Interlocked.And(ref _readerUse, ~1) & 2) != 0)
        {
            _reader.Dispose();
        }
    }

    private IOException Broken(Exception e)
    {
        if (e is ObjectDisposedException)
        {
            return new IOException("the connection is closed", e);
        }

        // A stream whose bytes cannot be believed is over, both ways.
        _inner.Abort();
        return e as IOException ?? new IOException(e.Message, e);
    }
}
