using NetControl.Engine.Policies;

namespace NetControl.ControlPlane.Policies;

/// <summary>What a policy would do with traffic, and why.</summary>
/// <param name="Policy">The policy; empty when the device has none, and everything is allowed.</param>
/// <param name="Generation">The policy's generation.</param>
/// <param name="Action">What would be done.</param>
/// <param name="Rule">The rule that decides; empty when none matches.</param>
/// <param name="Egress">Where the traffic would go: a delegate or a proxy; empty when it is refused, or nothing is attached.</param>
/// <param name="Proxy">The proxy that this leads to now; empty when there is none.</param>
/// <param name="Trace">The rules that were asked, in order, and why each does not match; the last one is the one that decides.</param>
public sealed record PolicyVerdict(
    string Policy, long Generation, PolicyAction Action, string Rule, string Egress, string Proxy, IReadOnlyList<PolicyTraceStep> Trace);
