namespace NetControl.Engine.Sessions;

/// <summary>What a session event says.</summary>
public enum SessionEventKind : byte
{
    /// <summary>The session was born.</summary>
    Opened,

    /// <summary>Its counters or state moved since the last event. Sent only while somebody asked for updates.</summary>
    Updated,

    /// <summary>It ended; the counters are final.</summary>
    Closed,
}
