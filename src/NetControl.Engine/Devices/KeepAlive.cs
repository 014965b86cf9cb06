namespace NetControl.Engine.Devices;

/// <summary>When a device's TCP connections ask a silent client whether it is still there (RFC 9293 section 3.8.4).</summary>
public sealed record KeepAlive
{
    /// <summary>How long the client may be silent before it is asked; zero: it is never asked.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How long a question waits for its answer before the next.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>How many questions may stay unanswered before the client is given up.</summary>
    public int Probes { get; init; } = 9;
}
