namespace NetControl.ControlPlane.Specs;

/// <summary>A policy as it was asked for, before validation.</summary>
public sealed record PolicyDraft
{
    /// <summary>The resource name.</summary>
    public required string Name { get; init; }

    /// <summary>The rules in order.</summary>
    public IReadOnlyList<PolicyRuleDraft> Rules { get; init; } = [];

    /// <summary>What happens when no rule matches: <c>ALLOW</c>, <c>DENY</c> or <c>DROP</c>; empty is <c>ALLOW</c>.</summary>
    public string DefaultAction { get; init; } = "";
}
