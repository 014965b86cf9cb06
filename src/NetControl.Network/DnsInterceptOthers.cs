namespace NetControl.Network;

/// <summary>The part of a <see cref="DnsInterceptSession"/> that carries everything but queries: one session, made when it is needed.</summary>
/// <remarks>
/// Whoever comes while it is being made waits for the outcome, good or bad, or for the end. A bad outcome is not kept: the next datagram
/// tries again, and so it does after the proxy has ended the session.
/// </remarks>
internal sealed class DnsInterceptOthers(IPacketProxy proxy, IPacketResponseReceiver responses, Action onEnded)
{
    private readonly object _gate = new();
    private Attempt? _attempt;
    private bool _ended;

    /// <summary>Whether there is a session, or one is being made.</summary>
    public bool IsInUse
    {
        get
        {
            lock (_gate)
            {
                return _attempt is not null;
            }
        }
    }

    /// <summary>Sends one datagram.</summary>
    public int WriteTo(ReadOnlySpan<byte> payload, in AddrPort destination) => Sender().WriteTo(payload, destination);

    /// <summary>Closes the session, and lets those go who wait for it. Any number of times.</summary>
    public void End()
    {
        Attempt? attempt;
        lock (_gate)
        {
            _ended = true;
            attempt = _attempt;
            _attempt = null;
            Monitor.PulseAll(_gate);
        }

        Close(attempt?.Sender);
    }

    private IPacketRequestSender Sender()
    {
        Attempt attempt;
        lock (_gate)
        {
            if (_attempt is { } other)
            {
                while (!_ended && other.Sender is null && other.Error is null)
                {
                    Monitor.Wait(_gate);
                }

                return _ended ? throw new NetworkException(NetworkError.Closed) : other.Sender ?? throw Refused(other.Error!);
            }

            attempt = _ended ? throw new NetworkException(NetworkError.Closed) : new Attempt(this, responses);
            _attempt = attempt;
        }

        return Open(attempt);
    }

    private IPacketRequestSender Open(Attempt attempt)
    {
        IPacketRequestSender? sender = null;
        Exception? error = null;
        try
        {
            sender = proxy.NewSession(attempt);
        }
        catch (Exception e)
        {
            error = e;
        }

        bool ended;
        lock (_gate)
        {
            // Not the attempt of the day any more: the end came, or the proxy closed the receiver before it returned.
            ended = _ended;
            error ??= _attempt == attempt || ended ? null : new NetworkException(NetworkError.Closed);
            attempt.Sender = error is null ? sender : null;
            attempt.Error = error;
            if (error is not null && _attempt == attempt)
            {
                _attempt = null;
            }

            Monitor.PulseAll(_gate);
        }

        if (!ended && error is null)
        {
            return sender!;
        }

        Close(sender);
        throw ended ? new NetworkException(NetworkError.Closed) : Refused(error!);
    }

    private void OnProxyClosed(Attempt attempt)
    {
        lock (_gate)
        {
            if (_attempt != attempt)
            {
                return;
            }

            _attempt = null;
        }

        onEnded();
    }

    private static Exception Refused(Exception error) => error is DialException or NetworkException { Error: NetworkError.Closed }
        ? new NetworkException(NetworkError.PortUnreachable, $"no way out: {error.Message}", error)
        : error;

    private static void Close(IPacketRequestSender? sender)
    {
        try
        {
            sender?.Close();
        }
        catch (NetworkException e) when (e.Error == NetworkError.Closed)
        {
            // The proxy had ended it.
        }
    }

    /// <summary>One try at a session, and its receiver: passes everything on but the end.</summary>
    private sealed class Attempt(DnsInterceptOthers owner, IPacketResponseReceiver responses) : IPacketResponseReceiver, IPacketErrorReceiver
    {
        private int _closed;

        public IPacketRequestSender? Sender { get; set; }

        public Exception? Error { get; set; }

        public int WriteFrom(ReadOnlySpan<byte> payload, in AddrPort source) => responses.WriteFrom(payload, source);

        public void OnUnreachable(in AddrPort destination, UnreachableReason reason) =>
            (responses as IPacketErrorReceiver)?.OnUnreachable(destination, reason);

        public void Close()
        {
            if (Interlocked.Exchange(ref _closed, 1) != 0)
            {
                throw new NetworkException(NetworkError.Closed);
            }

            owner.OnProxyClosed(this);
        }
    }
}
