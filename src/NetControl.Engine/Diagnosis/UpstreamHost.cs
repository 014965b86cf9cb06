using NetControl.Network;

namespace NetControl.Engine.Diagnosis;

/// <summary>A host that upstream sockets connect to: the first hop of a proxy.</summary>
/// <param name="Proxy">The proxy's resource name.</param>
/// <param name="Host">The host as configured.</param>
/// <param name="Addresses">What it resolves to; none where it does not.</param>
public sealed record UpstreamHost(string Proxy, string Host, IReadOnlyList<IpAddr> Addresses);
