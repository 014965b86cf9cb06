using NetControl.Transport.Chains;
using NetControl.Transport.Probes;

namespace NetControl.ControlPlane.Probes;

/// <summary>How a proxy did.</summary>
/// <param name="Proxy">Its name, or empty for a chain that is not configured.</param>
/// <param name="Chain">The chain, secrets included: who shows it redacts it.</param>
/// <param name="Results">One for each target.</param>
public sealed record ProbeReport(string Proxy, Chain Chain, IReadOnlyList<ProbeResult> Results);
