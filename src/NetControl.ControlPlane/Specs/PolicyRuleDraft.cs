namespace NetControl.ControlPlane.Specs;

/// <summary>A rule as it was asked for, before validation.</summary>
public sealed record PolicyRuleDraft
{
    /// <summary>The rule's id, unique in the policy.</summary>
    public string Id { get; init; } = "";

    /// <summary>What it is for; for people.</summary>
    public string Description { get; init; } = "";

    /// <summary><c>ALLOW</c>, <c>DENY</c>, <c>DROP</c> or <c>ROUTE</c>.</summary>
    public string Action { get; init; } = "";

    /// <summary>Where to, for <c>ROUTE</c>: a delegate or a proxy.</summary>
    public string Target { get; init; } = "";

    /// <summary><c>TCP</c> or <c>UDP</c>; empty for both.</summary>
    public string Protocol { get; init; } = "";

    /// <summary>Prefixes of the application's address; empty for any.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>Prefixes of the destination's address; empty for any.</summary>
    public IReadOnlyList<string> Destinations { get; init; } = [];

    /// <summary>Destination ports, <c>443</c> or <c>8000-8999</c>; empty for any.</summary>
    public IReadOnlyList<string> Ports { get; init; } = [];
}
