using NetControl.Network;

namespace NetControl.Engine.Diagnosis;

/// <summary>
/// A host that upstream sockets reach straight from this machine: a server or a resolver of a proxy's chain, or one of the machine's resolvers.
/// </summary>
/// <param name="Proxy">The proxy's resource name, or the file that names the machine's resolvers.</param>
/// <param name="Host">The host as configured.</param>
/// <param name="Addresses">What it resolves to; none where it does not.</param>
public sealed record UpstreamHost(string Proxy, string Host, IReadOnlyList<IpAddr> Addresses);
