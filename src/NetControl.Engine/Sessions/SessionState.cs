namespace NetControl.Engine.Sessions;

/// <summary>How far a session has come.</summary>
public enum SessionState : byte
{
    /// <summary>The upstream dial is under way; the client's SYN has no answer yet.</summary>
    Dialing,

    /// <summary>Traffic may pass in both directions.</summary>
    Open,

    /// <summary>One direction has ended, or both have and the last acknowledgements are awaited.</summary>
    Closing,

    /// <summary>It is over.</summary>
    Closed,
}
