using NetControl.Engine.Sessions;
using NetControl.Network;
using NetControl.Stack.Storage;

namespace NetControl.Engine.Flows;

/// <summary>The slow lane of a TCP session: two pumps between the connection's buffers and a layered stream, on the flow's loop.</summary>
/// <remarks>
/// <para>Owner: the flow's loop; the stream may complete anywhere, every continuation comes home first. Lifetime: rented from the
/// <see cref="LoopContext"/> for one session, returned when it has ended and the stream has answered both calls, which a disposed one does; or
/// before, when the stream turns out to be a socket of the loop with nothing left around it (<see cref="IPassingConnection"/>).</para>
/// <para>Buffers: the stream's calls use arrays of the relay, never the connection's chunks, because those may be given away while a call is
/// still out. It holds one only while bytes are in it: before it reads it waits with an empty buffer (see
/// <see cref="IStreamConnection.ReadAsync"/>), so an idle session holds none. Upstream-bound payload is copied straight from the packet.</para>
/// </remarks>
internal sealed class StreamRelay
{
    // As much as the fast lane takes from one upstream in one visit.
    private const int ReadBudget = 512 << 10;

    private readonly LoopContext _context;
    private readonly Action _onRead;
    private readonly Action _onWritten;
    private TcpFlow? _flow;
    private IStreamConnection _stream = null!;
    private IPassingConnection? _passing;
    private ChunkPool _account = null!;
    private ValueTask<int> _read;
    private ValueTask _write;
    private byte[]? _in;
    private byte[]? _out;
    private int _outLength;
    private int _inSize;
    private int _outSize;
    private Writing _writing;
    private bool _reading;
    private bool _mayWait;
    private bool _readEnded;
    private bool _writeEnded;
    private bool _closing;
    private bool _rented;

    /// <summary>Makes a relay for the pool of a loop.</summary>
    public StreamRelay(LoopContext context)
    {
        _context = context;
        _onRead = OnRead;
        _onWritten = OnWritten;
    }

    private enum Writing
    {
        None,
        Bytes,
        End,
        Question,
    }

    /// <summary>Whether no call is out that would meet the stream's end by a reset, and one may be made.</summary>
    public bool IsBlind => !_reading && !_writeEnded;

    /// <summary>Binds the relay to a session and begins to read from its stream.</summary>
    public void Start(TcpFlow flow, IStreamConnection stream, ChunkPool account)
    {
        _rented = true;
        _flow = flow;
        _stream = stream;
        _passing = stream as IPassingConnection;
        _account = account;
        _inSize = _outSize = RelayBuffers.Small;
        _outLength = 0;
        _mayWait = true;
        _readEnded = _writeEnded = false;
        Read();
        LeaveIfDone();
    }

    /// <summary>In-order payload, before it would go into the receive buffer. It is written with the next <see cref="OnEgress"/>, or once the
    /// buffer is full.</summary>
    /// <returns>How much was copied.</returns>
    public int Take(ReadOnlySpan<byte> payload)
    {
        if (_writing != Writing.None || _writeEnded)
        {
            return 0;
        }

        byte[] buffer = _out ??= _context.RelayBuffers.Rent(_outSize, _account);
        int count = Math.Min(payload.Length, buffer.Length - _outLength);
        payload[..count].CopyTo(buffer.AsSpan(_outLength));
        _outLength += count;
        return count;
    }

    /// <summary>There may be bytes, or the end, in the receive buffer.</summary>
    public void OnReadable()
    {
        // A buffer that is not full waits for what else comes in this turn, unless more is to follow it.
        if (_flow is { } flow && flow.RelayHasOutput)
        {
            Write();
            LeaveIfDone();
        }
    }

    /// <summary>The egress phase: what was taken goes on, and there may be room in the send buffer.</summary>
    public void OnEgress()
    {
        if (_outLength > 0)
        {
            Write();
        }

        Read();
        LeaveIfDone();
    }

    /// <summary>Asks the stream whether it is broken, by a write without bytes; what it says comes as <see cref="TcpFlow.RelayFailed"/>.</summary>
    public void AskWhetherBroken()
    {
        if (_writing == Writing.None && !_writeEnded)
        {
            Call(Writing.Question);
        }
    }

    /// <summary>Ends both pumps and the stream.</summary>
    public void Close(bool abort)
    {
        _flow = null;
        _closing = true;
        try
        {
            if (abort)
            {
                _stream.Abort();
            }

            _stream.Dispose();
        }
        finally
        {
            _closing = false;
            LeaveIfDone();
        }
    }

    private void Read()
    {
        int budget = ReadBudget;
        while (!_reading && !_readEnded && _flow is { } flow)
        {
            int room = flow.RelayRoom;
            if (room <= 0)
            {
                break;
            }

            if (budget <= 0)
            {
                flow.RelayContinues();
                break;
            }

            Memory<byte> buffer = default;
            if (!_mayWait)
            {
                _in ??= _context.RelayBuffers.Rent(_inSize, _account);
                buffer = _in.AsMemory(0, Math.Min(room, _in.Length));
            }

            try
            {
#pragma warning disable CA2012 // kept in a field on purpose, and consumed once: by TakeRead
                _read = _stream.ReadAsync(buffer);
#pragma warning restore CA2012
                System.Runtime.CompilerServices.ValueTaskAwaiter<int> awaiter = _read.GetAwaiter();
                if (!awaiter.IsCompleted)
                {
                    _reading = true;
                    awaiter.UnsafeOnCompleted(_onRead);
                    return;
                }

                budget -= TakeRead();
            }
            catch (Exception e)
            {
                Fail(e);
            }
        }

        LeaveIn();
    }

    private void OnRead()
    {
        if (!_context.Loop.InLoop)
        {
            _context.Loop.Post(static relay => ((StreamRelay)relay!).OnRead(), this);
            return;
        }

        _reading = false;
        try
        {
            TakeRead();
        }
        catch (Exception e)
        {
            Fail(e);
        }

        Read();
        LeaveIfDone();
    }

    /// <summary>What the read that has completed gave.</summary>
    private int TakeRead()
    {
        bool waited = _mayWait;
        int count = _read.GetAwaiter().GetResult();
        if (_flow is not { } flow)
        {
            return 0;
        }

        if (waited)
        {
            _mayWait = false;
            return 0;
        }

        if (count == 0)
        {
            _readEnded = true;
            flow.RelayEnded();
            return 0;
        }

        // A full buffer says that there is more; the next is larger. Else it may take long: wait without one.
        if (count == _in!.Length)
        {
            _inSize = RelayBuffers.Large;
        }
        else
        {
            _mayWait = true;
        }

        flow.RelayReceived(_in.AsSpan(0, count));
        if (_mayWait || _in.Length < _inSize)
        {
            LeaveIn();
        }

        PassIfDone();
        return count;
    }

    private void Write()
    {
        while (_writing == Writing.None && !_writeEnded && _flow is { } flow)
        {
            if (flow.RelayHasBytes)
            {
                _out ??= _context.RelayBuffers.Rent(_outSize, _account);
                _outLength += flow.RelayTake(_out.AsSpan(_outLength));
            }

            if (_outLength == 0)
            {
                if (!flow.RelayClientEnded)
                {
                    break;
                }

                _writeEnded = true;
                LeaveOut();
                Call(Writing.End);
                continue;
            }

            if (_outLength == _out!.Length)
            {
                _outSize = RelayBuffers.Large;
            }

            Call(Writing.Bytes);
        }

        LeaveOut();
    }

    /// <summary>Makes a call of the writing half, and does what follows it if it is done at once.</summary>
    private void Call(Writing what)
    {
        try
        {
#pragma warning disable CA2012 // kept in a field on purpose, and consumed once: by TakeWritten
            _write = what == Writing.End ? _stream.CloseWriteAsync() : _stream.WriteAsync(_out.AsMemory(0, what == Writing.Bytes ? _outLength : 0));
#pragma warning restore CA2012
            _writing = what;
            System.Runtime.CompilerServices.ValueTaskAwaiter awaiter = _write.GetAwaiter();
            if (awaiter.IsCompleted)
            {
                TakeWritten();
            }
            else
            {
                awaiter.UnsafeOnCompleted(_onWritten);
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private void OnWritten()
    {
        if (!_context.Loop.InLoop)
        {
            _context.Loop.Post(static relay => ((StreamRelay)relay!).OnWritten(), this);
            return;
        }

        try
        {
            TakeWritten();
        }
        catch (Exception e)
        {
            Fail(e);
        }

        Write();
        LeaveIfDone();
    }

    private void TakeWritten()
    {
        Writing what = _writing;
        _writing = Writing.None;
        if (what == Writing.Bytes)
        {
            _outLength = 0;
            if (_out!.Length < _outSize)
            {
                LeaveOut();
            }
        }

        _write.GetAwaiter().GetResult();
        if (what == Writing.End)
        {
            _flow?.RelayClientDelivered();
        }

        if (what != Writing.Question)
        {
            PassIfDone();
        }
    }

    /// <summary>
    /// Leaves the session to the fast lane when the stream has become a mere detour. Nothing of either way is here at that moment: what was read is
    /// the flow's, what was taken is written, and a read that is out waits without a buffer, so that it has taken nothing.
    /// </summary>
    private void PassIfDone()
    {
        if (_passing is not { } stream || _flow is not { } flow || _writing != Writing.None || _outLength > 0 || (_reading && !_mayWait)
            || flow.RelayPasses(stream) is not { } socket)
        {
            return;
        }

        _flow = null;
        _closing = true; // the read that waits completes within
        try
        {
            flow.RelayPassed(socket);
        }
        finally
        {
            _closing = false;
        }
    }

    /// <summary>Whatever a stream throws is the end of the session, and of nothing else.</summary>
    private void Fail(Exception error)
    {
        if (_flow is { } flow)
        {
            bool broken = error is IOException or OperationCanceledException or ObjectDisposedException;
            flow.RelayFailed(broken ? SessionCause.UpstreamReset : SessionCause.UpstreamError);
        }
    }

    private void LeaveIn()
    {
        if (_in is { } buffer && !_reading)
        {
            _in = null;
            _context.RelayBuffers.Return(buffer, _account);
        }
    }

    private void LeaveOut()
    {
        if (_out is { } buffer && _writing != Writing.Bytes && (_outLength == 0 || _flow is null))
        {
            _out = null;
            _context.RelayBuffers.Return(buffer, _account);
        }
    }

    /// <summary>Back to the pool, once the session has ended and nobody uses the buffers any more.</summary>
    private void LeaveIfDone()
    {
        if (_rented && _flow is null && !_closing && !_reading && _writing == Writing.None)
        {
            _rented = false;
            LeaveIn();
            LeaveOut();
            _stream = null!;
            _passing = null;
            _read = default;
            _write = default;
            _context.Return(this);
        }
    }
}
