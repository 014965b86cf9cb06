namespace NetControl.Engine.Sessions;

/// <summary>What a TCP session does about losses at one moment.</summary>
public enum LossRecovery : byte
{
    /// <summary>None is known.</summary>
    None,

    /// <summary>A loss was inferred from acknowledgements.</summary>
    Fast,

    /// <summary>Everything that was under way goes again: the retransmission timer expired, or the path MTU fell.</summary>
    Timeout,
}
