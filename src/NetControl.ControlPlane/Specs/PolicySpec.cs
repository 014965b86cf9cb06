using NetControl.Engine.Policies;

namespace NetControl.ControlPlane.Specs;

/// <summary>A policy that was found valid.</summary>
/// <param name="Name">The resource name.</param>
/// <param name="Rules">The rules in order.</param>
/// <param name="DefaultAction">What happens when no rule matches; never a route.</param>
public sealed record PolicySpec(string Name, IReadOnlyList<PolicyRuleSpec> Rules, PolicyAction DefaultAction)
{
    /// <summary>Whether two policies say the same, however it was spelled.</summary>
    internal bool Says(PolicySpec other) =>
        DefaultAction == other.DefaultAction && Rules.Count == other.Rules.Count && Rules.Zip(other.Rules).All(pair => pair.First.Says(pair.Second));
}
