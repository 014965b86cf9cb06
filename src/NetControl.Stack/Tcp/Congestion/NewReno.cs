namespace NetControl.Stack.Tcp.Congestion;

/// <summary>Slow start, congestion avoidance, fast recovery: RFC 5681 with byte counting (RFC 3465), the initial window of RFC 6928.</summary>
public sealed class NewReno : ICongestionControl
{
    private int _mss;
    private long _counted;
    private long _windowBefore;
    private long _thresholdBefore;

    /// <inheritdoc/>
    public long Window { get; private set; }

    /// <inheritdoc/>
    public long SlowStartThreshold { get; private set; }

    /// <summary>RFC 6928: min(10 * MSS, max(2 * MSS, 14600)).</summary>
    public static long InitialWindow(int mss) => Math.Min(10 * mss, Math.Max(2 * mss, 14_600));

    /// <inheritdoc/>
    public void Start(int mss)
    {
        _mss = mss;
        _counted = 0;
        Window = InitialWindow(mss);
        SlowStartThreshold = long.MaxValue;
        _windowBefore = _thresholdBefore = 0;
    }

    /// <inheritdoc/>
    public void OnSegmentSize(int mss) => _mss = mss;

    /// <inheritdoc/>
    public void OnHandshakeLoss() => Window = _mss;

    /// <inheritdoc/>
    public void OnAck(long acked, bool filled, long rttMicros, Instant now)
    {
        // RFC 7661 in its simplest form: a window that the sender did not fill says nothing about the path, so it does not grow.
        if (!filled)
        {
            return;
        }

        if (Window < SlowStartThreshold)
        {
            // One acknowledgement here covers a 64 KiB super-segment, so the L = 2 * SMSS limit of RFC 3465 would never let the window
            // double; the kernel on the other side of the TUN acknowledges bursts that arrived in one piece.
            Window = Math.Min(Window + acked, Math.Max(SlowStartThreshold, Window));
            return;
        }

        _counted += acked;
        if (_counted >= Window)
        {
            _counted -= Window;
            Window += _mss;
        }
    }

    /// <inheritdoc/>
    public void OnLoss(long inFlight, Instant now)
    {
        Reduce(inFlight);
        Window = SlowStartThreshold;
        _counted = 0;
    }

    /// <inheritdoc/>
    public void OnRetransmissionLost(long inFlight)
    {
        SlowStartThreshold = Math.Max(inFlight / 2, 2 * _mss);
        Window = Math.Min(Window, SlowStartThreshold);
        _counted = 0;
    }

    /// <inheritdoc/>
    public void OnRecovered() => Window = Math.Max(SlowStartThreshold, 2 * _mss);

    /// <inheritdoc/>
    public void OnTimeout(long inFlight, bool first)
    {
        if (first)
        {
            // RFC 5681 (4): only the first timeout of a segment halves; further ones would only drive the threshold down.
            Reduce(inFlight);
        }

        Window = _mss;
        _counted = 0;
    }

    /// <inheritdoc/>
    public void OnUndo()
    {
        Window = Math.Max(Window, _windowBefore);
        SlowStartThreshold = Math.Max(SlowStartThreshold, _thresholdBefore);
    }

    /// <inheritdoc/>
    public void OnTimeoutSoftened() => Window = Math.Max(Window, SlowStartThreshold);

    /// <inheritdoc/>
    public void OnIdle() => Window = Math.Min(Window, InitialWindow(_mss));

    private void Reduce(long inFlight)
    {
        (_windowBefore, _thresholdBefore) = (Window, SlowStartThreshold);
        SlowStartThreshold = Math.Max(inFlight / 2, 2 * _mss);
    }
}
