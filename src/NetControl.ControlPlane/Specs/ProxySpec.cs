using NetControl.Transport.Chains;

namespace NetControl.ControlPlane.Specs;

/// <summary>A proxy that was found valid.</summary>
/// <param name="Name">The resource name.</param>
/// <param name="Chain">The chain of hops.</param>
/// <param name="UdpIdleTimeout">The UDP write-idle timeout.</param>
internal sealed record ProxySpec(string Name, Chain Chain, TimeSpan UdpIdleTimeout);
