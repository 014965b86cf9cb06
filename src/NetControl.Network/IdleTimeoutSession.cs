namespace NetControl.Network;

/// <summary>One session of an <see cref="IdleTimeoutPacketProxy"/>.</summary>
internal sealed class IdleTimeoutSession : IPacketRequestSender, IPacketSessionOutcome
{
    private readonly IPacketRequestSender _inner;
    private readonly IdleTimer _timer;

    // Held while idleness is judged and while it is refreshed, so that no session is ended that has just been allowed to send.
    private readonly Lock _lock = new();
    private PacketSessionEnd _end;

    internal IdleTimeoutSession(IPacketRequestSender inner, TimeSpan timeout, TimeProvider timeProvider)
    {
        _inner = inner;
        _timer = new IdleTimer(timeProvider, timeout, static session => ((IdleTimeoutSession)session!).OnIdle(), this);
    }

    /// <inheritdoc/>
    public PacketSessionEnd End => _end == PacketSessionEnd.Idle ? _end : (_inner as IPacketSessionOutcome)?.End ?? _end;

    /// <inheritdoc/>
    public Exception? Failure => _end == PacketSessionEnd.Idle ? null : (_inner as IPacketSessionOutcome)?.Failure;

    /// <inheritdoc/>
    public int WriteTo(ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        lock (_lock)
        {
            if (_end != PacketSessionEnd.None)
            {
                throw new NetworkException(NetworkError.Closed);
            }

            _timer.Touch();
        }

        return _inner.WriteTo(payload, destination);
    }

    /// <inheritdoc/>
    public void Close()
    {
        lock (_lock)
        {
            if (_end != PacketSessionEnd.None)
            {
                throw new NetworkException(NetworkError.Closed);
            }

            _end = PacketSessionEnd.Closed;
        }

        _timer.Stop();
        _inner.Close();
    }

    /// <summary>Starts the timer.</summary>
    internal void Start() => _timer.Start();

    private void OnIdle()
    {
        lock (_lock)
        {
            if (_end != PacketSessionEnd.None)
            {
                return;
            }

            if (_timer.IsIdle)
            {
                _end = PacketSessionEnd.Idle;
            }
        }

        if (_end != PacketSessionEnd.Idle)
        {
            _timer.Start(); // it was touched between the timer's look and ours
            return;
        }

        _timer.Stop();
        try
        {
            _inner.Close();
        }
        catch (NetworkException e) when (e.Error == NetworkError.Closed)
        {
            // It had ended by itself.
        }
    }
}
