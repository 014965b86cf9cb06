using System.Threading.Tasks.Sources;

namespace NetControl.Transport.Http2;

/// <content>Reading: from the queue, or straight out of the frame that arrives.</content>
internal sealed partial class Http2Stream
{
    private readonly Http2ReceiveQueue _queue = new();
    private ManualResetValueTaskSourceCore<int> _read;
    private CancellationTokenRegistration _readCancellation;
    private CancellationToken _readToken;
    private Memory<byte> _readBuffer;
    private Exception? _readResult;
    private int _readCount;
    private bool _readPending;
    private bool _readReady;
    private bool _readClosed;

    // What the peer may still send == _window - what it sent and nobody has read - _unacknowledged.
    private int _window = Http2Limits.StreamWindow;
    private int _allowance = Http2Limits.StreamWindow;
    private int _unacknowledged;
    private long _lastUpdate;

    /// <inheritdoc/>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        int count;
        lock (_connection.Gate)
        {
            if (_readPending || _readReady)
            {
                throw new InvalidOperationException("the previous read on this connection has not finished");
            }

            if (_queue.Length == 0)
            {
                if (_readFault is not null)
                {
                    return ValueTask.FromException<int>(_readFault);
                }

                if (_remoteEnded || _readClosed)
                {
                    return new ValueTask<int>(0);
                }

                _read.Reset();
                _readBuffer = buffer;
                _readPending = true;
                _readToken = cancellationToken;
                _readCancellation = cancellationToken.UnsafeRegister(static (stream, token) => ((Http2Stream)stream!).CancelRead(token), this);
                return new ValueTask<int>(this, _read.Version);
            }

            count = _queue.Take(buffer.Span);
            Acknowledge(count);
        }

        _connection.WakeWriter();
        return new ValueTask<int>(count);
    }

    /// <inheritdoc/>
    public void CloseRead()
    {
        lock (_connection.Gate)
        {
            // Nothing is given back for what comes now: the peer's window closes, as a socket's does that nobody reads.
            _readClosed = true;
            _queue.Clear();
            if (_readPending)
            {
                CompleteRead(0, null);
            }
        }

        Notify();
    }

    /// <summary>Payload came. Under the gate.</summary>
    /// <param name="data">The payload.</param>
    /// <param name="counted">What the frame counts for flow control: padding is part of it.</param>
    /// <param name="endsStream">Whether it is the last.</param>
    /// <returns>Why the stream has to be reset, or null.</returns>
    internal Http2ErrorCode? OnData(ReadOnlySpan<byte> data, int counted, bool endsStream)
    {
        if (_remoteEnded)
        {
            return Http2ErrorCode.StreamClosed;
        }

        if (_answerPending)
        {
            return Http2ErrorCode.ProtocolError;
        }

        _allowance -= counted;
        if (_allowance < 0)
        {
            return Http2ErrorCode.FlowControlError;
        }

        int read = counted - data.Length;
        if (!_readClosed)
        {
            if (_readPending && !data.IsEmpty)
            {
                // What waits with an empty buffer only wants to know.
                int count = Math.Min(data.Length, _readBuffer.Length);
                data[..count].CopyTo(_readBuffer.Span);
                data = data[count..];
                read += count;
                CompleteRead(count, null);
            }

            _queue.Add(data);
        }

        if (endsStream)
        {
            return EndRemote();
        }

        Acknowledge(read);
        return null;
    }

    int IValueTaskSource<int>.GetResult(short token) => _read.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _read.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, flags);

    /// <summary>Gives back what was read, once it is worth a frame; a reader who keeps up gets a larger window.</summary>
    private void Acknowledge(int count)
    {
        _unacknowledged += count;
        if (_unacknowledged < _window / 2 || _remoteEnded || _readClosed || _forgotten)
        {
            return;
        }

        // Half a window in less than a round trip: the sender waits for us most of the time. Judged only while nothing waits for the reader.
        long now = _connection.Timestamp;
        int growth = 0;
        if (_queue.Length == 0 && _window < Http2Limits.MaxStreamWindow && _connection.IsWithinRoundTrip(_lastUpdate, now))
        {
            growth = _window;
            _window *= 2;
        }

        _lastUpdate = now;
        _allowance += _unacknowledged + growth;
        _connection.AppendWindowUpdate(Id, _unacknowledged + growth);
        _unacknowledged = 0;
    }

    private void CompleteRead(int count, Exception? fault)
    {
        _readPending = false;
        _readReady = true;
        _readBuffer = default;
        _readCount = count;
        _readResult = fault;
    }

    private void CancelRead(CancellationToken token)
    {
        lock (_connection.Gate)
        {
            // A call that comes late may find the next read; that one has the same token, or is not over.
            if (!_readPending || _readToken != token)
            {
                return;
            }

            CompleteRead(0, new OperationCanceledException(token));
        }

        Notify();
    }
}
