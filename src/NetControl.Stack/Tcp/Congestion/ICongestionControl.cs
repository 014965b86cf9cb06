namespace NetControl.Stack.Tcp.Congestion;

/// <summary>Congestion control as a set of events. All sizes are bytes. One instance belongs to one connection.</summary>
public interface ICongestionControl
{
    /// <summary>The congestion window.</summary>
    long Window { get; }

    /// <summary>The slow-start threshold.</summary>
    long SlowStartThreshold { get; }

    /// <summary>The connection starts.</summary>
    void Start(int mss);

    /// <summary>The path takes smaller segments only. That is no sign of congestion: the window stays.</summary>
    void OnSegmentSize(int mss);

    /// <summary>The handshake needed a retransmission: the first window is a single segment (RFC 5681 section 3.1).</summary>
    void OnHandshakeLoss();

    /// <summary>New data was acknowledged outside of recovery.</summary>
    /// <param name="acked">Bytes newly acknowledged.</param>
    /// <param name="filled">Whether the window was what held the sender back; one that was not filled does not grow.</param>
    /// <param name="rttMicros">The smoothed round-trip time, 0 if unknown.</param>
    /// <param name="now">The time.</param>
    void OnAck(long acked, bool filled, long rttMicros, Instant now);

    /// <summary>A loss was inferred from acknowledgements: recovery begins.</summary>
    void OnLoss(long inFlight, Instant now);

    /// <summary>
    /// What was sent again was lost again: another reduction in the same recovery (RFC 5681 section 4.3). <see cref="OnUndo"/> takes it back
    /// together with the first.
    /// </summary>
    void OnRetransmissionLost(long inFlight);

    /// <summary>Recovery is complete.</summary>
    void OnRecovered();

    /// <summary>The retransmission timer expired.</summary>
    /// <param name="inFlight">Bytes in flight.</param>
    /// <param name="first">Whether the threshold has not been reduced for this window of data yet.</param>
    void OnTimeout(long inFlight, bool first);

    /// <summary>The latest reduction, or the latest few if they were of the same window of data, was for nothing: what it took comes back.</summary>
    void OnUndo();

    /// <summary>Not all was lost when the timer expired: the loss counts, but the window need not start again from one segment.</summary>
    void OnTimeoutSoftened();

    /// <summary>The connection was idle for longer than a retransmission timeout (RFC 5681 section 4.1).</summary>
    void OnIdle();
}
