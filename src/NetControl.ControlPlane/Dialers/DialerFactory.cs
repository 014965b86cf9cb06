using NetControl.ControlPlane.Engines;
using NetControl.ControlPlane.Specs;
using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.ControlPlane.Dialers;

/// <summary>Builds a proxy's ways out from its chain, around the engine's own dialer and sockets.</summary>
/// <remarks>Thread rule: any thread; building opens nothing, it only wraps.</remarks>
internal sealed class DialerFactory
{
    private readonly HopContext _context;

    public DialerFactory(IEngine engine) =>
        _context = new HopContext(new Way(engine.StreamDialer, engine.PacketListener), engine.TimeProvider, () => engine.CurrentLoop);

    public ProxyRuntime Build(ProxySpec spec)
    {
        Way way = Wrap(spec.Chain, _context.Direct);
        PacketListenerProxyOptions options = new() { WriteIdleTimeout = spec.UdpIdleTimeout, TimeProvider = _context.TimeProvider };
        return new ProxyRuntime(way.Streams, new PacketListenerProxy(way.Packets, options));
    }

    /// <summary>Wraps a chain's hops around a way.</summary>
    public Way Wrap(Chain chain, Way inner) => chain.Wrap(inner, _context);
}
