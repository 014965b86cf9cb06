using NetControl.Engine;

namespace NetControl.ControlPlane.Registry;

/// <summary>A delegate: the proxy that it points at, and the one egress that all its devices share.</summary>
internal sealed class DelegateState : ResourceState
{
    public DelegateState(string name, ProxyState proxy, DateTimeOffset now)
        : base(name, now)
    {
        Proxy = proxy;
        Egress = new Egress(Model());
    }

    /// <summary>Null once the proxy was removed by force: everything is rejected.</summary>
    public ProxyState? Proxy { get; private set; }

    public Egress Egress { get; }

    public int Draining { get; set; }

    /// <summary>Points at a proxy (or none). The commit comes first, so that the model carries the new generation.</summary>
    public void Point(ProxyState? proxy)
    {
        Proxy = proxy;
        Egress.Swap(Model());
    }

    private EgressModel Model() => new()
    {
        DelegateName = Name,
        ProxyName = Proxy?.Name ?? "",
        Generation = Generation,
        StreamDialer = Proxy?.Runtime.StreamDialer,
        PacketProxy = Proxy?.Runtime.PacketProxy,
    };
}
