namespace NetControl.ControlPlane.Health;

/// <summary>What a delegate thinks of one of its proxies, as reads give it.</summary>
public sealed record ProxyHealth
{
    /// <summary>The proxy.</summary>
    public required string Proxy { get; init; }

    /// <summary>What is thought of it.</summary>
    public required ProxyCondition Condition { get; init; }

    /// <summary>Why, as a sentence for people.</summary>
    public required string Reason { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Where the last attempt failed that did; empty when none did.</summary>
    public string LastErrorStage { get; init; } = "";

    /// <summary>What failed then.</summary>
    public string LastError { get; init; } = "";

    /// <summary>When it failed.</summary>
    public DateTimeOffset? LastErrorTime { get; init; }

    /// <summary>When anything was last heard of it, good or bad.</summary>
    public DateTimeOffset? LastOutcomeTime { get; init; }

    /// <summary>How long probes take, smoothed; null until one succeeded.</summary>
    public TimeSpan? Latency { get; init; }

    /// <summary>Failures in a row.</summary>
    public long ConsecutiveFailures { get; init; }

    /// <summary>Successes in a row.</summary>
    public long ConsecutiveSuccesses { get; init; }

    /// <summary>Until when it is left alone; null when it is not.</summary>
    public DateTimeOffset? RetryTime { get; init; }
}
