namespace NetControl.Stack.Tcp;

/// <summary>What one acknowledgement says about the transmissions that it covers (RFC 8985 section 6.2, steps 1 to 3).</summary>
public struct Delivery
{
    /// <summary>Whether a transmission was delivered that can be told from an earlier one of the same bytes.</summary>
    public bool Any;

    /// <summary>When the latest of them was sent.</summary>
    public Instant At;

    /// <summary>Where it ends.</summary>
    public long End;

    /// <summary>Whether it was a retransmission.</summary>
    public bool Again;

    /// <summary>Whether bytes sent once were delivered after others behind them.</summary>
    public bool Reordered;

    /// <summary>Whether bytes that were never sent again are among them.</summary>
    public bool FirstTimers;

    /// <summary>Adds a record of which bytes up to <paramref name="end"/> were delivered.</summary>
    public void Take(in TransmitRecord record, long end, long highest, Instant now, long minRtt)
    {
        FirstTimers |= !record.Again;
        Reordered |= !record.Again && end <= highest;

        // Step 2: an acknowledgement sooner than a round trip can be is that of the first transmission.
        if (record.Again && now - record.At < minRtt)
        {
            return;
        }

        if (!Any || record.At > At || (record.At == At && end > End))
        {
            (Any, At, End, Again) = (true, record.At, end, record.Again);
        }
    }
}
