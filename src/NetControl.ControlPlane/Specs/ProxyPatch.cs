namespace NetControl.ControlPlane.Specs;

/// <summary>What an update of a proxy changes; null leaves a field as it is.</summary>
public sealed record ProxyPatch
{
    /// <summary>The new chain as text; secret.</summary>
    public string? Config { get; init; }

    /// <summary>Whether the timeout changes.</summary>
    public bool SetsUdpIdleTimeout { get; init; }

    /// <summary>The new timeout; null is the default.</summary>
    public TimeSpan? UdpIdleTimeout { get; init; }

    /// <summary>Never the configuration: it holds secrets.</summary>
    public override string ToString() => nameof(ProxyPatch);
}
