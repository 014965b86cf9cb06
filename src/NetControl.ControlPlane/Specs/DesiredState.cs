namespace NetControl.ControlPlane.Specs;

/// <summary>The whole wish in one piece: what a configuration file says.</summary>
public sealed record DesiredState
{
    /// <summary>Proxies.</summary>
    public IReadOnlyList<ProxyDraft> Proxies { get; init; } = [];

    /// <summary>Delegates.</summary>
    public IReadOnlyList<DelegateDraft> Delegates { get; init; } = [];

    /// <summary>Policies.</summary>
    public IReadOnlyList<PolicyDraft> Policies { get; init; } = [];

    /// <summary>Devices.</summary>
    public IReadOnlyList<DeviceDraft> Devices { get; init; } = [];
}
