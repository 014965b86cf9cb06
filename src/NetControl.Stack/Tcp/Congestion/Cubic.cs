namespace NetControl.Stack.Tcp.Congestion;

/// <summary>CUBIC, RFC 9438: the window is a cubic function of the time since the last reduction, and never below what Reno would have.</summary>
/// <remarks>
/// Slow start is that of <see cref="NewReno"/>. HyStart++ (RFC 9406) is left out: it takes eight round-trip samples of each round, where
/// one acknowledgement here covers a super-segment, and its 4 ms threshold is what a busy host's scheduler adds to a local round trip.
/// </remarks>
public sealed class Cubic : ICongestionControl
{
    private const double Beta = 0.7; // 4.6
    private const double C = 0.4; // 5.1, segments per second cubed
    private const double Alpha = 3 * (1 - Beta) / (1 + Beta); // 4.3
    private int _mss;
    private double _window;
    private double _wMax;
    private double _prior;
    private double _estimate;
    private double _k;
    private Instant _epoch;
    private Instant _lastAck;
    private bool _inEpoch;
    private (double Window, long Threshold, double WMax, double Prior) _before;

    /// <inheritdoc/>
    public long Window => (long)_window;

    /// <inheritdoc/>
    public long SlowStartThreshold { get; private set; }

    /// <inheritdoc/>
    public void Start(int mss)
    {
        _mss = mss;
        _window = NewReno.InitialWindow(mss);
        SlowStartThreshold = long.MaxValue;
        _wMax = _prior = _estimate = _k = 0;
        _inEpoch = false;
        _before = default;
    }

    /// <inheritdoc/>
    public void OnSegmentSize(int mss) => _mss = mss;

    /// <inheritdoc/>
    public void OnHandshakeLoss() => _window = _mss;

    /// <inheritdoc/>
    public void OnAck(long acked, bool filled, long rttMicros, Instant now)
    {
        Instant last = _lastAck;
        _lastAck = now;
        if (!filled)
        {
            // 5.8: while the application is the limit the window must not grow, nor the time count that it would have grown in.
            if (_inEpoch)
            {
                _epoch += now - last;
            }

            return;
        }

        if (_window < SlowStartThreshold)
        {
            // See NewReno.OnAck for why the growth of one acknowledgement is not limited.
            _window += acked;
            return;
        }

        if (!_inEpoch)
        {
            StartEpoch(now);
        }

        double elapsed = (now - _epoch) / 1e6;

        // 4.3: what Reno would have by now, so that a short round trip is not worse off than with it.
        _estimate += (_estimate < _prior ? Alpha : 1) * _mss * (acked / _window);
        if (At(elapsed) < _estimate)
        {
            _window = Math.Max(_window, _estimate);
            return;
        }

        // 4.4 and 4.5: towards where the curve will be one round trip from now, by no more than half.
        double target = Math.Clamp(At(elapsed + (rttMicros / 1e6)), _window, 1.5 * _window);
        _window += (target - _window) * Math.Min(1, acked / _window);
    }

    /// <inheritdoc/>
    public void OnLoss(long inFlight, Instant now)
    {
        Reduce();
        _window = SlowStartThreshold;
    }

    /// <inheritdoc/>
    public void OnRetransmissionLost(long inFlight)
    {
        ReduceOnce();
        _window = Math.Min(_window, SlowStartThreshold);
    }

    /// <inheritdoc/>
    public void OnRecovered() => _window = Math.Max(SlowStartThreshold, 2 * _mss);

    /// <inheritdoc/>
    public void OnTimeout(long inFlight, bool first)
    {
        if (first)
        {
            Reduce();
        }

        // 4.8: the curve of the first avoidance after a timeout starts at its plateau.
        _wMax = 0;
        _window = _mss;
        _inEpoch = false;
    }

    /// <inheritdoc/>
    public void OnUndo()
    {
        // 4.9.1, 4.9.2: but for the epoch, which starts anew where the window was.
        _window = Math.Max(_window, _before.Window);
        SlowStartThreshold = Math.Max(SlowStartThreshold, _before.Threshold);
        (_wMax, _prior) = (_before.WMax, _before.Prior);
        _inEpoch = false;
    }

    /// <inheritdoc/>
    public void OnTimeoutSoftened() => _window = Math.Max(_window, SlowStartThreshold);

    /// <inheritdoc/>
    public void OnIdle()
    {
        _window = Math.Min(_window, NewReno.InitialWindow(_mss));
        _inEpoch = false;
    }

    private void Reduce()
    {
        _before = (_window, SlowStartThreshold, _wMax, _prior);
        ReduceOnce();
    }

    private void ReduceOnce()
    {
        // 4.7, fast convergence: a window that did not reach its old plateau leaves room for a newcomer.
        _prior = _window;
        _wMax = _window < _wMax ? _window * (1 + Beta) / 2 : _window;

        // 4.6 allows the window for the flight size where, as here, a window that is not filled does not grow.
        SlowStartThreshold = Math.Max((long)(_window * Beta), 2 * _mss);
        _inEpoch = false;
    }

    private void StartEpoch(Instant now)
    {
        _inEpoch = true;
        _epoch = now;
        _estimate = _window;
        if (_wMax <= _window)
        {
            _wMax = _window;
            _prior = _window;
        }

        _k = Math.Cbrt((_wMax - _window) / _mss / C);
    }

    private double At(double seconds)
    {
        double t = seconds - _k;
        return _wMax + (C * t * t * t * _mss);
    }
}
