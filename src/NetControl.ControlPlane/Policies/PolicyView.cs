using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Specs;

namespace NetControl.ControlPlane.Policies;

/// <summary>A policy as reads give it.</summary>
/// <param name="Meta">What every resource tells.</param>
/// <param name="Spec">What was asked for.</param>
/// <param name="Hits">How often each rule decided, in the order of the rules; the last is what holds when none matches.</param>
/// <param name="UsedBy">The devices that it governs.</param>
public sealed record PolicyView(ResourceMeta Meta, PolicySpec Spec, IReadOnlyList<long> Hits, IReadOnlyList<string> UsedBy);
