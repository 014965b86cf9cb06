using NetControl.Transport.Probes;

namespace NetControl.ControlPlane.Probes;

/// <summary>How a proxy did.</summary>
/// <param name="Proxy">Its name, or empty for a chain that was given as text.</param>
/// <param name="Config">The chain, its secrets replaced.</param>
/// <param name="Results">One for each target.</param>
public sealed record ProbeReport(string Proxy, string Config, IReadOnlyList<ProbeResult> Results);
