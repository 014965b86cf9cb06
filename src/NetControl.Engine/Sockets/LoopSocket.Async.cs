using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using NetControl.Engine.Interop.Linux;

namespace NetControl.Engine.Sockets;

/// <content>The asynchronous face: completed inline by the loop, so that ordinary async code never leaves its thread.</content>
internal sealed partial class LoopSocket : IValueTaskSource<int>, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<int> _reading;
    private ManualResetValueTaskSourceCore<bool> _writing;
    private Memory<byte> _readBuffer;
    private ReadOnlyMemory<byte> _writeBuffer;
    private CancellationTokenRegistration _readCancellation;
    private CancellationTokenRegistration _writeCancellation;
    private bool _readPending;
    private bool _writePending;
    private bool _connectPending;
    private bool _writeClosed;

    /// <inheritdoc/>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!Loop.InLoop)
        {
            return HopAndRead(buffer, cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfClosed();
        ThrowIfPending(_readPending);
        if (TryReadNow(buffer.Span, out int count, out Errno error))
        {
            return new ValueTask<int>(count);
        }

        if (error != Errno.None)
        {
            return ValueTask.FromException<int>(Fault(error));
        }

        _reading.Reset();
        _readBuffer = buffer;
        _readPending = true;
        _readCancellation = Register(static (socket, operation) => socket.CancelRead(operation), _reading.Version, cancellationToken);
        return new ValueTask<int>(this, _reading.Version);
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!Loop.InLoop)
        {
            return HopAndWrite(buffer, cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfClosed();
        ThrowIfPending(_writePending || _connectPending);
        int sent = TrySend(buffer.Span, out Errno error);
        if (error != Errno.None)
        {
            return ValueTask.FromException(Fault(error));
        }

        if (sent == buffer.Length)
        {
            return ValueTask.CompletedTask;
        }

        _writing.Reset();
        _writeBuffer = buffer[sent..];
        _writePending = true;
        _writeCancellation = Register(static (socket, operation) => socket.CancelWrite(operation), _writing.Version, cancellationToken);
        return new ValueTask(this, _writing.Version);
    }

    /// <inheritdoc/>
    public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default)
    {
        if (!Loop.InLoop)
        {
            return HopAndCloseWrite(cancellationToken);
        }

        if (!_writeClosed)
        {
            _writeClosed = true;
            ShutdownWrite();
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public void CloseRead() => CanRead = false;

    /// <summary>Waits until the descriptor, on which connect(2) is under way, is connected. On the loop; the error is a value.</summary>
    internal ValueTask WaitForConnect(CancellationToken cancellationToken)
    {
        _writing.Reset();
        _connectPending = true;
        _writeClosed = false;
        _writeCancellation = Register(static (socket, operation) => socket.CancelWrite(operation), _writing.Version, cancellationToken);
        return new ValueTask(this, _writing.Version);
    }

    int IValueTaskSource<int>.GetResult(short token) => _reading.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _reading.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _reading.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.GetResult(short token) => _writing.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _writing.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _writing.OnCompleted(continuation, state, token, flags);

    private void CompletePending()
    {
        if (_connectPending && (CanWrite || PeerHungUp))
        {
            Errno error = Libc.TakeSocketError(_fd);
            _connectPending = false;
            _writeCancellation.Dispose();
            if (error == Errno.None)
            {
                _writing.SetResult(true);
            }
            else
            {
                _writing.SetException(Fault(error));
            }
        }

        if (_writePending && CanWrite)
        {
            ContinueWrite();
        }

        if (_readPending && CanRead)
        {
            bool done = TryReadNow(_readBuffer.Span, out int count, out Errno error);
            if (done || error != Errno.None)
            {
                _readPending = false;
                _readBuffer = default;
                _readCancellation.Dispose();
                if (done)
                {
                    _reading.SetResult(count);
                }
                else
                {
                    _reading.SetException(Fault(error));
                }
            }
        }
    }

    private void ContinueWrite()
    {
        int sent = TrySend(_writeBuffer.Span, out Errno error);
        _writeBuffer = _writeBuffer[sent..];
        if (error == Errno.None && !_writeBuffer.IsEmpty)
        {
            return;
        }

        _writePending = false;
        _writeBuffer = default;
        _writeCancellation.Dispose();
        if (error == Errno.None)
        {
            _writing.SetResult(true);
        }
        else
        {
            _writing.SetException(Fault(error));
        }
    }

    private bool TryReadNow(Span<byte> buffer, out int count, out Errno error)
    {
        count = 0;
        error = Errno.None;
        if (!CanRead)
        {
            return false;
        }

        if (buffer.IsEmpty)
        {
            return TryLook(out error);
        }

        nint received = Libc.Recv(_fd, buffer, Libc.MSG_DONTWAIT);
        if (received >= 0)
        {
            count = (int)received;
            CanRead = count == buffer.Length || PeerHungUp; // as in TryReceive
            return true;
        }

        return ReadFailed(out error);
    }

    /// <summary>Whether a read would find something: for a caller that waits without a buffer.</summary>
    private bool TryLook(out Errno error)
    {
        error = Errno.None;
        Span<byte> one = stackalloc byte[1];
        return Libc.Recv(_fd, one, Libc.MSG_DONTWAIT | Libc.MSG_PEEK) >= 0 || ReadFailed(out error);
    }

    /// <summary>Learns from errno why nothing was read: nothing is there now, or a fault.</summary>
    /// <returns>False, always.</returns>
    private bool ReadFailed(out Errno error)
    {
        error = Libc.LastErrno;
        CanRead = error == Errno.EINTR;
        if (error is Errno.EAGAIN or Errno.EINTR)
        {
            error = Errno.None;
        }

        return false;
    }

    private void CancelRead(short operation)
    {
        if (_readPending && operation == _reading.Version)
        {
            _readPending = false;
            _readBuffer = default;
            _reading.SetException(new OperationCanceledException(_readCancellation.Token));
        }
    }

    private void CancelWrite(short operation)
    {
        if ((_writePending || _connectPending) && operation == _writing.Version)
        {
            _writePending = _connectPending = false;
            _writeBuffer = default;
            _writing.SetException(new OperationCanceledException(_writeCancellation.Token));
        }
    }

    private void FailPending()
    {
        if (_readPending)
        {
            _readPending = false;
            _readBuffer = default;
            _readCancellation.Dispose();
            _reading.SetException(Fault(Errno.ECANCELED));
        }

        if (_writePending || _connectPending)
        {
            _writePending = _connectPending = false;
            _writeBuffer = default;
            _writeCancellation.Dispose();
            _writing.SetException(Fault(Errno.ECANCELED));
        }

        _writeClosed = false;
    }

    // The operation's number goes along: a cancellation that is posted from elsewhere may arrive when the next operation is under way.
    private CancellationTokenRegistration Register(Action<LoopSocket, short> cancel, short operation, CancellationToken token)
    {
        if (!token.CanBeCanceled)
        {
            return default;
        }

        return token.UnsafeRegister(
            static state =>
            {
                (LoopSocket socket, Action<LoopSocket, short> cancel, short operation) = ((LoopSocket, Action<LoopSocket, short>, short))state!;
                if (socket.Loop.InLoop)
                {
                    cancel(socket, operation);
                }
                else
                {
                    socket.Loop.Post(_ => cancel(socket, operation), null);
                }
            },
            (this, cancel, operation));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> HopAndRead(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await Loop.Resume();
        return await ReadAsync(buffer, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask HopAndWrite(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        await Loop.Resume();
        await WriteAsync(buffer, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask HopAndCloseWrite(CancellationToken cancellationToken)
    {
        await Loop.Resume();
        await CloseWriteAsync(cancellationToken);
    }

    private void ThrowIfClosed()
    {
        if (_fd < 0)
        {
            throw new IOException("the connection is closed");
        }
    }

    private static void ThrowIfPending(bool pending)
    {
        if (pending)
        {
            throw new InvalidOperationException("the previous call on this connection has not finished");
        }
    }

    private static SocketFaultException Fault(Errno error) => new(error);
}
