namespace NetControl.Stack.Tcp;

/// <summary>What a connection does about losses at one moment.</summary>
public enum TcpRecovery
{
    /// <summary>None is known.</summary>
    None,

    /// <summary>A loss was inferred from acknowledgements (RFC 6675, RFC 8985, RFC 6582).</summary>
    Fast,

    /// <summary>Everything that was under way goes again: the retransmission timer expired (RFC 6298), or the path MTU fell.</summary>
    Timeout,
}
