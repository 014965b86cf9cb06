using System.Threading.Tasks.Sources;

namespace NetControl.Transport.Http2;

/// <content>Writing: into the connection's backlog as far as both windows and the backlog have room, the rest when they have.</content>
internal sealed partial class Http2Stream
{
    private ManualResetValueTaskSourceCore<bool> _write;
    private CancellationTokenRegistration _writeCancellation;
    private CancellationToken _writeToken;
    private ReadOnlyMemory<byte> _writeBuffer;
    private Exception? _writeResult;
    private bool _writeReady;

    /// <summary>What the peer lets us send; may be negative.</summary>
    internal long SendWindow { get; set; }

    /// <summary>Whether a write waits for room.</summary>
    internal bool IsWritePending { get; private set; }

    /// <summary>Whether it stands in the connection's queue of those.</summary>
    internal bool IsQueued { get; set; }

    /// <inheritdoc/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ValueTask pending = default;
        lock (_connection.Gate)
        {
            if (IsWritePending || _writeReady)
            {
                throw new InvalidOperationException("the previous write on this connection has not finished");
            }

            if (_writeFault is not null)
            {
                return ValueTask.FromException(_writeFault);
            }

            if (_localEnded)
            {
                throw new InvalidOperationException("the writing half of this connection is closed");
            }

            int sent = _connection.MayPass ? _connection.Send(this, buffer.Span) : 0;
            if (sent < buffer.Length)
            {
                _write.Reset();
                _writeBuffer = buffer[sent..];
                IsWritePending = true;
                if (SendWindow > 0)
                {
                    _connection.QueueWriter(this);
                }

                _writeToken = cancellationToken;
                _writeCancellation = cancellationToken.UnsafeRegister(static (stream, token) => ((Http2Stream)stream!).CancelWrite(token), this);
                pending = new ValueTask(this, _write.Version);
            }
        }

        _connection.WakeWriter();
        return pending;
    }

    /// <inheritdoc/>
    public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default)
    {
        lock (_connection.Gate)
        {
            if (IsWritePending)
            {
                throw new InvalidOperationException("the previous write on this connection has not finished");
            }

            if (_localEnded)
            {
                return default;
            }

            if (_writeFault is not null)
            {
                return ValueTask.FromException(_writeFault);
            }

            _connection.AppendEnd(Id);
            _localEnded = true;
            ForgetIfDone();
        }

        _connection.WakeWriter();
        _connection.EndIfUnneeded();
        return default;
    }

    /// <summary>Sends the next piece of a write that waits. Under the gate.</summary>
    /// <returns>Whether it is done.</returns>
    internal bool SendMore()
    {
        ReadOnlySpan<byte> next = _writeBuffer.Span[..Math.Min(_writeBuffer.Length, Http2FrameHeader.MaxPayload)];
        _writeBuffer = _writeBuffer[_connection.Send(this, next)..];
        if (!_writeBuffer.IsEmpty)
        {
            return false;
        }

        CompleteWrite(null);
        return true;
    }

    void IValueTaskSource.GetResult(short token) => _write.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _write.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _write.OnCompleted(continuation, state, token, flags);

    private void CompleteWrite(Exception? fault)
    {
        IsWritePending = false;
        _writeReady = true;
        _writeBuffer = default;
        _writeResult = fault;
    }

    private void CancelWrite(CancellationToken token)
    {
        lock (_connection.Gate)
        {
            if (!IsWritePending || _writeToken != token)
            {
                return;
            }

            CompleteWrite(new OperationCanceledException(token));
        }

        Notify();
    }
}
