using NetControl.ControlPlane.Dialers;
using NetControl.Engine;

namespace NetControl.ControlPlane.Mutations;

/// <summary>The living side of a proxy: what its spec was built into, and the egress for those who attach it directly.</summary>
/// <remarks>Guarded by the gate of <see cref="Runtimes"/>.</remarks>
internal sealed class ProxyWay
{
    private readonly string _name;

    public ProxyWay(string name, ProxyRuntime runtime)
    {
        _name = name;
        Runtime = runtime;
        Direct = new Egress(Model());
    }

    public ProxyRuntime Runtime { get; private set; }

    public Egress Direct { get; }

    public void Replace(ProxyRuntime runtime)
    {
        Runtime = runtime;
        Direct.Swap(Model());
    }

    private EgressModel Model() => new()
    {
        DelegateName = _name,
        ProxyName = _name,
        Generation = 0,
        StreamDialer = Runtime.StreamDialer,
        PacketProxy = Runtime.PacketProxy,
    };
}
