namespace NetControl.Stack.Tcp;

/// <summary>The states of RFC 9293 section 3.3.2. LISTEN has no connection, so it is not here.</summary>
public enum TcpState : byte
{
    /// <summary>No connection: before the first segment, or after the last.</summary>
    Closed,

    /// <summary>A SYN was sent and its answer is awaited (active open).</summary>
    SynSent,

    /// <summary>A SYN has arrived. Its answer may still be held back until the upstream is connected.</summary>
    SynReceived,

    /// <summary>Data flows both ways.</summary>
    Established,

    /// <summary>Our FIN is sent, its acknowledgement and the peer's FIN are awaited.</summary>
    FinWait1,

    /// <summary>Our FIN is acknowledged, the peer's is awaited.</summary>
    FinWait2,

    /// <summary>The peer's FIN has arrived, we may still send.</summary>
    CloseWait,

    /// <summary>Both FINs have crossed, the acknowledgement of ours is awaited.</summary>
    Closing,

    /// <summary>The peer closed first; the acknowledgement of our FIN is awaited.</summary>
    LastAck,

    /// <summary>Both sides are done and we closed first: late segments are answered for a while.</summary>
    TimeWait,
}
