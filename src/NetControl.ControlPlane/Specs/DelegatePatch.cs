namespace NetControl.ControlPlane.Specs;

/// <summary>What an update of a delegate changes; null leaves a field as it is.</summary>
public sealed record DelegatePatch
{
    /// <summary>The proxies that it chooses among.</summary>
    public IReadOnlyList<string>? Proxies { get; init; }

    /// <summary>Whether the way in which it chooses changes.</summary>
    public bool SetsFailover { get; init; }

    /// <summary>How it chooses from now on; null is the default.</summary>
    public FailoverDraft? Failover { get; init; }
}
