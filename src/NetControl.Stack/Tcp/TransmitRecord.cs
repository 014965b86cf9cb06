namespace NetControl.Stack.Tcp;

/// <summary>Bytes of the send stream that were sent together.</summary>
public struct TransmitRecord
{
    /// <summary>The first byte's offset.</summary>
    public long Start;

    /// <summary>The offset behind the last byte.</summary>
    public long End;

    /// <summary>When they were sent last.</summary>
    public Instant At;

    /// <summary>Whether that was a retransmission.</summary>
    public bool Again;

    /// <summary>Whether that transmission is thought lost.</summary>
    public bool Lost;
}
