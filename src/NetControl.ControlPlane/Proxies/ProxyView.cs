using NetControl.ControlPlane.Conditions;
using NetControl.ControlPlane.Registry;
using NetControl.Transport.Chains;

namespace NetControl.ControlPlane.Proxies;

/// <summary>A proxy as reads give it.</summary>
/// <param name="Meta">What every resource tells.</param>
/// <param name="Config">The chain's text, secrets replaced.</param>
/// <param name="UdpIdleTimeout">The UDP write-idle timeout.</param>
/// <param name="UsedBy">Who points here.</param>
/// <param name="Conditions">What is so about it.</param>
public sealed record ProxyView(ResourceMeta Meta, string Config, TimeSpan UdpIdleTimeout, IReadOnlyList<string> UsedBy,
    IReadOnlyList<Condition> Conditions)
{
    /// <summary>The chain itself, secrets included: for who can redact it in another form.</summary>
    public Chain Chain { get; init; } = Chain.Direct;

    /// <summary>Why it carries no packets; null where it does.</summary>
    public string? NoPacketsReason { get; init; }
}
