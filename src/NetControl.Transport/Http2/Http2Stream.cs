using System.Threading.Tasks.Sources;
using NetControl.Network;

namespace NetControl.Transport.Http2;

/// <summary>One tunnel over a connection to an HTTP/2 proxy: asked for by HEADERS, then a stream of DATA frames.</summary>
/// <remarks>
/// <para>Owner: whoever dialled it; the connection beneath is shared. State is guarded by the connection's gate; whoever waits is told
/// outside of it, by <see cref="Notify"/>, on the thread that brought the news. Calls allocate nothing.</para>
/// <para>Half-close is END_STREAM, a reset RST_STREAM. Disposing a tunnel that has not ended resets it.</para>
/// </remarks>
internal sealed partial class Http2Stream : IStreamConnection, IValueTaskSource<int>, IValueTaskSource<bool>, IValueTaskSource
{
    private readonly Http2Connection _connection;
    private ManualResetValueTaskSourceCore<bool> _answer;
    private CancellationTokenRegistration _answerCancellation;
    private bool _answerPending = true;
    private bool _answerReady;
    private Exception? _dialFault;
    private IOException? _readFault;
    private IOException? _writeFault;
    private bool _localEnded;
    private bool _remoteEnded;
    private bool _forgotten;
    private bool _disposed;

    /// <summary>Makes a stream that has not been asked for.</summary>
    /// <param name="connection">The connection that will be asked to take it on.</param>
    /// <param name="destination">Where to; HTTP can carry it.</param>
    /// <param name="inline">Whether to tell those who wait inside the call that brings the news, as a loop needs it.</param>
    public Http2Stream(Http2Connection connection, HostPort destination, bool inline)
    {
        _connection = connection;
        Destination = destination;
        _answer.RunContinuationsAsynchronously = _read.RunContinuationsAsynchronously = _write.RunContinuationsAsynchronously = !inline;
    }

    /// <summary>Where the tunnel leads.</summary>
    public HostPort Destination { get; }

    /// <summary>The stream's number, or 0 before it was asked for.</summary>
    public int Id { get; private set; }

    /// <summary>The proxy's final answer, or 0 without one.</summary>
    public int Status { get; private set; }

    /// <summary>The scheme that a proxy asks for with 407.</summary>
    public string Challenge { get; private set; } = "";

    /// <summary>Whether the proxy turned out to speak HTTP/1.1 only.</summary>
    public bool IsHttp1 { get; private set; }

    /// <summary>With <see cref="IsHttp1"/>: the connection, if this stream is the one that got it.</summary>
    public IStreamConnection? Http1Connection { get; private set; }

    /// <summary>Whether nobody waits for it any more.</summary>
    public bool IsOver => _disposed || _dialFault is not null;

    /// <inheritdoc/>
    public AddrPort LocalAddress => _connection.LocalAddress;

    /// <inheritdoc/>
    public AddrPort RemoteAddress => _connection.RemoteAddress;

    /// <summary>Waits for the proxy's answer; called once, after the connection has taken the stream on.</summary>
    /// <returns>Whether there is a tunnel; if not, see <see cref="Status"/> and <see cref="IsHttp1"/>.</returns>
    /// <exception cref="Exception">What the opening of the connection threw, or that the stream or the connection was ended.</exception>
    public ValueTask<bool> AnswerAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            // Not under the gate: with a token that is cancelled by now the call comes back at once.
            CancellationTokenRegistration registration =
                cancellationToken.UnsafeRegister(static (stream, token) => ((Http2Stream)stream!).CancelDial(token), this);
            bool pending;
            lock (_connection.Gate)
            {
                pending = _answerPending || _answerReady;
                _answerCancellation = registration;
            }

            if (!pending)
            {
                registration.Unregister();
            }
        }

        return new ValueTask<bool>(this, _answer.Version);
    }

    /// <summary>Sends the request, if it is not on its way. Outside the gate.</summary>
    public void Kick() => _connection.WakeWriter();

    /// <inheritdoc/>
    public void Abort() => Close(abort: true);

    /// <inheritdoc/>
    public void Dispose() => Close(abort: false);

    /// <summary>The request is on its way. Under the gate.</summary>
    internal void OnAsked(int id, int sendWindow)
    {
        Id = id;
        SendWindow = sendWindow;
        if (IsWritePending)
        {
            _connection.QueueWriter(this); // what follows a request need not wait for the connection to be open
        }
    }

    /// <summary>Gives the stream's dialer the connection, which speaks HTTP/1.1. Outside the gate.</summary>
    /// <returns>Whether it was taken.</returns>
    internal bool TryHandOver(IStreamConnection? connection)
    {
        bool taken;
        lock (_connection.Gate)
        {
            taken = _answerPending && !IsOver;
            if (taken)
            {
                IsHttp1 = true;
                Http1Connection = connection;
                Answer();
            }
        }

        Notify();
        return taken && connection is not null;
    }

    /// <summary>A header block came. Under the gate.</summary>
    /// <returns>Why the stream has to be reset, or null.</returns>
    internal Http2ErrorCode? OnResponse(Http2Response response, bool endsStream)
    {
        if (response.IsMalformed || _remoteEnded)
        {
            return _remoteEnded ? Http2ErrorCode.StreamClosed : Http2ErrorCode.ProtocolError;
        }

        if (!_answerPending)
        {
            // Trailers: they end the stream, and say nothing that matters here.
            return endsStream && response.Status == 0 ? EndRemote() : Http2ErrorCode.ProtocolError;
        }

        if (response.Status is >= 100 and <= 199 && !endsStream)
        {
            return null;
        }

        if (response.Status < 200)
        {
            return Http2ErrorCode.ProtocolError;
        }

        Status = response.Status;
        Challenge = response.Challenge;
        Answer();
        return endsStream ? EndRemote() : null;
    }

    /// <summary>The other side has reset the stream. Under the gate; the connection forgets it.</summary>
    internal void OnReset(Http2ErrorCode code)
    {
        _forgotten = true;

        // After its end a reset without an error only says that it wants no more of ours (RFC 9113 section 8.1).
        Fault(Http2StreamException.Reset(code), reading: !_remoteEnded);
    }

    /// <summary>The other side broke the rules, and the stream is reset. Under the gate; the connection forgets it.</summary>
    internal void OnFault(IOException fault)
    {
        Fault(fault, reading: true);
    }

    /// <summary>The connection is gone. Under the gate; the connection has forgotten all its streams.</summary>
    internal void OnConnectionEnded(Exception cause)
    {
        _forgotten = true;
        _dialFault ??= _answerPending ? cause : null;
        Fault(cause as IOException ?? new Http2StreamException(null, cause.Message, cause), reading: !_remoteEnded);
    }

    /// <summary>Tells those who wait what has been settled for them. Outside the gate.</summary>
    internal void Notify()
    {
        bool answer;
        bool read;
        bool write;
        lock (_connection.Gate)
        {
            (answer, _answerReady) = (_answerReady, false);
            (read, _readReady) = (_readReady, false);
            (write, _writeReady) = (_writeReady, false);
        }

        if (answer)
        {
            _answerCancellation.Unregister();
            Settle(ref _answer, _dialFault, Status is >= 200 and <= 299);
        }

        if (write)
        {
            _writeCancellation.Unregister();
            Settle(ref _write, _writeResult, true);
        }

        if (read)
        {
            _readCancellation.Unregister();
            Settle(ref _read, _readResult, _readCount);
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _answer.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _answer.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _answer.OnCompleted(continuation, state, token, flags);

    private static void Settle<T>(ref ManualResetValueTaskSourceCore<T> source, Exception? fault, T result)
    {
        if (fault is null)
        {
            source.SetResult(result);
        }
        else
        {
            source.SetException(fault);
        }
    }

    private void Answer()
    {
        _answerPending = false;
        _answerReady = true;
    }

    private void Fault(IOException fault, bool reading)
    {
        if (_answerPending)
        {
            _dialFault ??= fault;
            Answer();
        }

        _writeFault ??= fault;
        if (reading)
        {
            _readFault ??= fault;
        }

        if (IsWritePending)
        {
            CompleteWrite(_writeFault);
        }

        if (_readPending && reading)
        {
            CompleteRead(0, _readFault);
        }
    }

    private Http2ErrorCode? EndRemote()
    {
        _remoteEnded = true;
        if (_readPending)
        {
            CompleteRead(0, null);
        }

        ForgetIfDone();
        return null;
    }

    private void ForgetIfDone()
    {
        if (_localEnded && _remoteEnded && !_forgotten)
        {
            _forgotten = true;
            _connection.Forget(this);
        }
    }

    private void CancelDial(CancellationToken token)
    {
        lock (_connection.Gate)
        {
            if (!_answerPending)
            {
                return;
            }

            _dialFault = new OperationCanceledException(token);
            Answer();
        }

        Notify();
        Close(abort: true);
    }

    private void Close(bool abort)
    {
        lock (_connection.Gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            if (!_forgotten)
            {
                if (Id != 0)
                {
                    // What was written goes out before the reset does, but whether the proxy delivers it is then its own affair.
                    if (!abort && !_localEnded && !IsWritePending && !_answerPending)
                    {
                        _connection.AppendEnd(Id);
                        _localEnded = true;
                    }

                    if (!(_localEnded && _remoteEnded))
                    {
                        _connection.AppendReset(Id, Http2ErrorCode.Cancel);
                    }
                }

                _forgotten = true;
                _connection.Forget(this);
            }

            _queue.Clear();
            Fault(new Http2StreamException(null, "the tunnel is closed"), reading: true);
        }

        Notify();
        _connection.WakeWriter();
        _connection.EndIfUnneeded();
    }
}
