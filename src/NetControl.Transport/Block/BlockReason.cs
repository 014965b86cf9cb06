namespace NetControl.Transport.Block;

/// <summary>How a block tells a client that it may not pass.</summary>
public enum BlockReason
{
    /// <summary>A rule forbids it: ICMP administratively prohibited.</summary>
    Prohibited,

    /// <summary>Nobody listens: a reset; for packets ICMP port unreachable.</summary>
    Refused,

    /// <summary>There is no such host: ICMP host unreachable.</summary>
    Unreachable,

    /// <summary>Silence: a stream is given up after the usual wait, a packet is lost.</summary>
    Timeout,
}
