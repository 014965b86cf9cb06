using NetControl.Engine.Policies;

namespace NetControl.ControlPlane.Specs;

/// <summary>A policy that was found valid.</summary>
/// <param name="Name">The resource name.</param>
/// <param name="Rules">The rules in order.</param>
/// <param name="DefaultAction">What happens when no rule matches; never a route.</param>
public sealed record PolicySpec(string Name, IReadOnlyList<PolicyRuleSpec> Rules, PolicyAction DefaultAction);
