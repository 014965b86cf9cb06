using NetControl.ControlPlane.Conditions;
using NetControl.ControlPlane.Health;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Specs;

namespace NetControl.ControlPlane.Delegates;

/// <summary>A delegate as reads give it.</summary>
/// <param name="Meta">What every resource tells.</param>
/// <param name="Proxy">The proxy that it points at; empty once that was removed by force.</param>
/// <param name="Draining">Whether older sessions are waiting for a deadline.</param>
/// <param name="UsedBy">The devices attached to it.</param>
/// <param name="Conditions">What is so about it.</param>
public sealed record DelegateView(ResourceMeta Meta, string Proxy, bool Draining, IReadOnlyList<string> UsedBy,
    IReadOnlyList<Condition> Conditions)
{
    /// <summary>What it chooses among, the most preferred first; empty is only the one.</summary>
    public IReadOnlyList<string> Proxies { get; init; } = [];

    /// <summary>How it chooses; null is the default.</summary>
    public FailoverSpec? Failover { get; init; }

    /// <summary>What it thinks of each proxy.</summary>
    public IReadOnlyList<ProxyHealth> Health { get; init; } = [];

    /// <summary>When it last left a proxy by itself; null when it never did.</summary>
    public FailoverEvent? LastFailover { get; init; }

    /// <summary>What it thinks of the proxy that it points at: whether the delegate works.</summary>
    public ProxyHealth? Current => Health.FirstOrDefault(health => health.Proxy == Proxy);
}
