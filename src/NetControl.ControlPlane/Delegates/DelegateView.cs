using NetControl.ControlPlane.Registry;

namespace NetControl.ControlPlane.Delegates;

/// <summary>A delegate as reads give it.</summary>
/// <param name="Meta">What every resource tells.</param>
/// <param name="Proxy">The proxy that it points at; empty once that was removed by force.</param>
/// <param name="Draining">Whether older sessions are waiting for a deadline.</param>
/// <param name="UsedBy">The devices attached to it.</param>
public sealed record DelegateView(ResourceMeta Meta, string Proxy, bool Draining, IReadOnlyList<string> UsedBy);
