namespace NetControl.Stack.Tcp;

/// <summary>What <see cref="TimeWaitTable"/> makes of a segment.</summary>
public enum TimeWaitVerdict
{
    /// <summary>The connection is not in the table.</summary>
    Unknown,

    /// <summary>The segment is dropped.</summary>
    Drop,

    /// <summary>The segment is answered with an acknowledgement.</summary>
    Acknowledge,

    /// <summary>The segment starts a new connection; the old one is forgotten.</summary>
    Reuse,
}
