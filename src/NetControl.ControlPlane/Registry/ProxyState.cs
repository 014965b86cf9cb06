using NetControl.ControlPlane.Dialers;
using NetControl.ControlPlane.Specs;
using NetControl.Engine;

namespace NetControl.ControlPlane.Registry;

/// <summary>A proxy: its spec, what that was built into, and the egress for those who attach it directly.</summary>
internal sealed class ProxyState : ResourceState
{
    public ProxyState(ProxySpec spec, ProxyRuntime runtime, DateTimeOffset now)
        : base(spec.Name, now)
    {
        Spec = spec;
        Runtime = runtime;
        DirectEgress = new Egress(DirectModel());
    }

    public ProxySpec Spec { get; private set; }

    public ProxyRuntime Runtime { get; private set; }

    public Egress DirectEgress { get; }

    public void Replace(ProxySpec spec, ProxyRuntime runtime)
    {
        Spec = spec;
        Runtime = runtime;
        DirectEgress.Swap(DirectModel());
    }

    private EgressModel DirectModel() => new()
    {
        DelegateName = Name,
        ProxyName = Name,
        Generation = 0,
        StreamDialer = Runtime.StreamDialer,
        PacketProxy = Runtime.PacketProxy,
    };
}
