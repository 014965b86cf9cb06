namespace NetControl.Stack.Tcp;

/// <summary>Whether the congestion window was what held the sender back in the latest round trip (RFC 9438 section 5.8, RFC 7661 section 4.1).</summary>
/// <remarks>
/// It is judged when segments are sent, not when they are acknowledged: acknowledgements that are read together each find less in flight than
/// the one before, although the sender had filled its window. A window that was only half used does not grow, not even in slow start: on a local
/// path it would become twice what is in flight, the send buffer with it, and the tunnel would pay for that with its cache. Owner: one connection.
/// </remarks>
public struct WindowUse
{
    private SequenceNumber _round;

    /// <summary>Whether the window may grow.</summary>
    public bool Filled { get; private set; }

    /// <summary>Everything that could go has gone.</summary>
    /// <param name="una">SND.UNA.</param>
    /// <param name="next">SND.NXT.</param>
    /// <param name="filled">Whether not one more segment fits into the window.</param>
    public void OnSent(SequenceNumber una, SequenceNumber next, bool filled)
    {
        if (filled)
        {
            (_round, Filled) = (next, true);
        }
        else if (Filled && una >= _round)
        {
            Filled = false;
        }
    }
}
