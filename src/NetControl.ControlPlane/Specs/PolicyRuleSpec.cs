using NetControl.Engine.Policies;
using NetControl.Engine.Sessions;
using NetControl.Network;

namespace NetControl.ControlPlane.Specs;

/// <summary>A rule that was found valid.</summary>
/// <param name="Id">The rule's id.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Action">What to do.</param>
/// <param name="Target">Where to, for a route; else empty.</param>
/// <param name="Protocol">TCP or UDP; null for both.</param>
/// <param name="Sources">Prefixes of the application's address.</param>
/// <param name="Destinations">Prefixes of the destination's address.</param>
/// <param name="Ports">Destination ports.</param>
public sealed record PolicyRuleSpec(
    string Id,
    string Description,
    PolicyAction Action,
    string Target,
    SessionProtocol? Protocol,
    IReadOnlyList<IpPrefix> Sources,
    IReadOnlyList<IpPrefix> Destinations,
    IReadOnlyList<PortRange> Ports)
{
    private static readonly IReadOnlyList<IpPrefix> s_anyPrefix = [];
    private static readonly IReadOnlyList<PortRange> s_anyPort = [];

    // The record's own equality takes two lists for two things.
    internal bool Says(PolicyRuleSpec other) =>
        Sources.SequenceEqual(other.Sources) && Destinations.SequenceEqual(other.Destinations) && Ports.SequenceEqual(other.Ports)
        && WithoutLists(this) == WithoutLists(other);

    private static PolicyRuleSpec WithoutLists(PolicyRuleSpec rule) =>
        rule with { Sources = s_anyPrefix, Destinations = s_anyPrefix, Ports = s_anyPort };
}
