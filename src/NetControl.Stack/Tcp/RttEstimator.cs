namespace NetControl.Stack.Tcp;

/// <summary>The retransmission timer's arithmetic, RFC 6298, in microseconds.</summary>
public struct RttEstimator
{
    private const long InitialRtoMicros = 1_000_000; // (2.1)
    private const long HandshakeLossRtoMicros = 3_000_000; // (5.7)
    private long _variation;
    private int _backoff;
    private int _expiries;
    private bool _handshakeLoss;

    /// <summary>The smoothed round-trip time; 0 before the first sample.</summary>
    public long SmoothedMicros { get; private set; }

    /// <summary>Its variation; 0 before the first sample.</summary>
    public readonly long VariationMicros => _variation;

    /// <summary>How often in a row the timer has expired.</summary>
    public readonly int Expiries => _expiries;

    /// <summary>Whether the timeout is still doubled for want of a sample.</summary>
    public readonly bool IsBackedOff => _backoff > 0;

    /// <summary>Takes a measurement of a segment that was not retransmitted (Karn's algorithm, section 3).</summary>
    public void Sample(long micros)
    {
        micros = Math.Max(micros, 1);
        if (SmoothedMicros == 0)
        {
            // (2.2)
            SmoothedMicros = micros;
            _variation = micros / 2;
        }
        else
        {
            // (2.3) alpha = 1/8, beta = 1/4; the variation first, with the old mean.
            _variation += (Math.Abs(SmoothedMicros - micros) - _variation) / 4;
            SmoothedMicros = Math.Max(1, SmoothedMicros + ((micros - SmoothedMicros) / 8));
        }

        _backoff = _expiries = 0;
    }

    /// <summary>Doubles the timeout (5.5).</summary>
    public void BackOff()
    {
        _backoff = Math.Min(_backoff + 1, 16);
        _expiries++;
    }

    /// <summary>The handshake needed a retransmission and measured nothing: the timeout starts anew, cautiously (5.7).</summary>
    public void OnHandshakeLoss()
    {
        _handshakeLoss = true;
        _backoff = _expiries = 0;
    }

    /// <summary>New data was acknowledged. The doubling stays until a sample ends it, or a path slower than the timeout is never measured.</summary>
    public void OnProgress() => _expiries = 0;

    /// <summary>A timestamp's echo says how old the acknowledged transmission is: if younger than the plain timeout, the doubling was needless.</summary>
    public void OnEcho(long micros, long min)
    {
        if (micros < Plain(min))
        {
            _backoff = 0;
        }
    }

    /// <summary>The timer expired although nothing, or not all, was lost: the doubling was for nothing.</summary>
    public void OnNeedlessTimeout() => _backoff = 0;

    /// <summary>The timeout within the bounds given.</summary>
    public readonly long Timeout(long min, long max) => Math.Min(max, Plain(min) << _backoff);

    private readonly long Plain(long min) =>
        SmoothedMicros != 0 ? Math.Max(min, SmoothedMicros + Math.Max(1000, 4 * _variation))
        : _handshakeLoss ? HandshakeLossRtoMicros : InitialRtoMicros;
}
