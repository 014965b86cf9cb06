namespace NetControl.Engine.Diagnosis;

/// <summary>What is to be looked at.</summary>
public sealed record DiagnosisRequest
{
    /// <summary>One device's resource name, or null for all.</summary>
    public string? Device { get; init; }

    /// <summary>What the proxies that are used reach straight from this machine.</summary>
    public IReadOnlyList<UpstreamHost> Upstreams { get; init; } = [];

    /// <summary>Whether a proxy in use goes straight from this machine to the destinations.</summary>
    public bool DirectInUse { get; init; }

    /// <summary>The TUN driver's node; null for the engine's own.</summary>
    public string? TunPath { get; init; }
}
