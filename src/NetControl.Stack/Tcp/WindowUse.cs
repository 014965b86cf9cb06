using NetControl.Stack.Tcp.Congestion;

namespace NetControl.Stack.Tcp;

/// <summary>Whether the congestion window was what held the sender back in the latest round trip (RFC 9438 section 5.8, RFC 7661 section 4.1).</summary>
/// <remarks>
/// It is judged when segments are sent, not when they are acknowledged: acknowledgements that are read together each find less in flight than
/// the one before, although the sender had filled its window. Owner: one connection.
/// </remarks>
public struct WindowUse
{
    private SequenceNumber _round;
    private long _most;
    private bool _filled;

    /// <summary>Everything that could go has gone.</summary>
    /// <param name="una">SND.UNA.</param>
    /// <param name="next">SND.NXT.</param>
    /// <param name="filled">Whether not one more segment fits into the window.</param>
    public void OnSent(SequenceNumber una, SequenceNumber next, bool filled)
    {
        // The strongest sign of a round trip counts: filled, or else the most that was in flight.
        if (filled || una >= _round || (!_filled && next - una > _most))
        {
            (_round, _most, _filled) = (next, next - una, filled);
        }
    }

    /// <summary>
    /// Whether the window may grow. In slow start half of it is enough, or a sender that is a little late each time would never learn more
    /// (RFC 7661 section 4.3).
    /// </summary>
    public readonly bool Allows(ICongestionControl control) =>
        _filled || (control.Window < control.SlowStartThreshold && control.Window < 2 * _most);
}
