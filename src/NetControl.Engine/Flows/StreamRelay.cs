using System.Buffers;
using NetControl.Engine.Sessions;
using NetControl.Network;

namespace NetControl.Engine.Flows;

/// <summary>The slow lane of a TCP session: two small pumps between the connection's buffers and a layered stream, on the flow's loop.</summary>
/// <remarks>
/// Owner: the flow's loop; the stream may complete anywhere, every continuation comes home first. Buffers: the stream's calls use pooled
/// arrays of the relay, never the connection's chunks, because those may be given away while a call is still out.
/// </remarks>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "without timers and wait handles these hold nothing to dispose of")]
internal sealed class StreamRelay
{
    private const int BufferSize = 32 << 10;
    private readonly TcpFlow _flow;
    private readonly IStreamConnection _stream;
    private readonly CancellationTokenSource _ended = new();
    private readonly int _life;
    private bool _reading;
    private bool _writing;
    private bool _readEnded;
    private bool _writeEnded;

    /// <summary>Makes a relay for one life of a flow object.</summary>
    public StreamRelay(TcpFlow flow, IStreamConnection stream, int life)
    {
        _flow = flow;
        _stream = stream;
        _life = life;
    }

    /// <summary>Begins to read from the stream.</summary>
    public void Start() => OnRoom();

    /// <summary>There may be room in the send buffer.</summary>
    public void OnRoom()
    {
        if (!_reading && !_readEnded && _flow.RelayRoom(_life) > 0)
        {
            _reading = true;
            _ = ReadAsync();
        }
    }

    /// <summary>There may be bytes, or the end, in the receive buffer.</summary>
    public void OnReadable()
    {
        if (!_writing && !_writeEnded && _flow.RelayHasOutput(_life))
        {
            _writing = true;
            _ = WriteAsync();
        }
    }

    /// <summary>Whether no call is out that would meet the stream's end by a reset, and one may be made.</summary>
    public bool IsBlind => !_reading && !_writeEnded;

    /// <summary>Asks the stream whether it is broken, by a write without bytes; what it says comes as <see cref="TcpFlow.RelayFailed"/>.</summary>
    public void AskWhetherBroken()
    {
        if (!_writing && !_writeEnded)
        {
            _writing = true;
            _ = AskAsync();
        }
    }

    /// <summary>Ends both pumps and the stream.</summary>
    public void Close(bool abort)
    {
        _readEnded = _writeEnded = true;
        _ended.Cancel();
        if (abort)
        {
            _stream.Abort();
        }

        _stream.Dispose();
    }

    private async Task ReadAsync()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (true)
            {
                int room = _flow.RelayRoom(_life);
                if (room <= 0)
                {
                    return;
                }

                int count = await _stream.ReadAsync(buffer.AsMemory(0, Math.Min(room, buffer.Length)), _ended.Token);
                await _flow.Loop.Resume();
                if (_readEnded)
                {
                    return;
                }

                if (count == 0)
                {
                    _readEnded = true;
                    _flow.RelayEnded(_life);
                    return;
                }

                _flow.RelayReceived(_life, buffer.AsSpan(0, count));
            }
        }
        catch (Exception e)
        {
            await _flow.Loop.Resume();
            Fail(e);
        }
        finally
        {
            _reading = false;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task AskAsync()
    {
        try
        {
            await _stream.WriteAsync(ReadOnlyMemory<byte>.Empty, _ended.Token);
            await _flow.Loop.Resume();
            _writing = false;
            OnReadable(); // what came in the meantime
        }
        catch (Exception e)
        {
            await _flow.Loop.Resume();
            _writing = false;
            Fail(e);
        }
    }

    private async Task WriteAsync()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (true)
            {
                int count = _flow.RelayTake(_life, buffer);
                if (count == 0)
                {
                    if (_flow.RelayClientEnded(_life) && !_writeEnded)
                    {
                        _writeEnded = true;
                        await _stream.CloseWriteAsync(_ended.Token);
                        await _flow.Loop.Resume();
                        _flow.RelayClientDelivered(_life);
                    }

                    return;
                }

                await _stream.WriteAsync(buffer.AsMemory(0, count), _ended.Token);
                await _flow.Loop.Resume();
                if (_ended.IsCancellationRequested)
                {
                    return;
                }
            }
        }
        catch (Exception e)
        {
            await _flow.Loop.Resume();
            Fail(e);
        }
        finally
        {
            _writing = false;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Whatever a stream throws is the end of the session, and of nothing else.</summary>
    private void Fail(Exception error)
    {
        if (!_ended.IsCancellationRequested)
        {
            bool broken = error is IOException or OperationCanceledException or ObjectDisposedException;
            _flow.RelayFailed(_life, broken ? SessionCause.UpstreamReset : SessionCause.UpstreamError);
        }
    }
}
