namespace NetControl.ControlPlane.Specs;

/// <summary>A proxy as it was asked for, before validation.</summary>
public sealed record ProxyDraft
{
    /// <summary>The resource name.</summary>
    public required string Name { get; init; }

    /// <summary>The chain as text; secret.</summary>
    public string Config { get; init; } = "";

    /// <summary>The UDP write-idle timeout; null is the default.</summary>
    public TimeSpan? UdpIdleTimeout { get; init; }

    /// <summary>Never the configuration: it holds secrets, and records print themselves into logs.</summary>
    public override string ToString() => Name;
}
