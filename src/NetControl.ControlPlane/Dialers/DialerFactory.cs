using NetControl.ControlPlane.Engines;
using NetControl.ControlPlane.Specs;
using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.ControlPlane.Dialers;

/// <summary>Builds a proxy's ways out from its chain, around the engine's own dialer and sockets.</summary>
/// <remarks>Thread rule: any thread; building opens nothing, it only wraps.</remarks>
internal sealed class DialerFactory
{
    public DialerFactory(IEngine engine) =>
        Context = new HopContext(
            new Way(engine.StreamDialer, engine.PacketListener), engine.TimeProvider, () => engine.CurrentLoop, engine.LookUpAsync);

    /// <summary>What chains are built into: the engine's sockets, clock and lookups.</summary>
    public HopContext Context { get; }

    /// <summary>Builds a proxy's ways out.</summary>
    /// <param name="spec">The proxy.</param>
    /// <param name="meter">Told of its dials.</param>
    public ProxyRuntime Build(ProxySpec spec, ProxyMeter meter)
    {
        // What is dialled straight from here fails by its destination's doing: only probes can judge it.
        HashSet<HostPort> servers = [.. spec.Chain.Hops.SelectMany(hop => hop.Servers)];
        bool judging = servers.Count > 0;
        HostPort? first = spec.Chain.Hops.FirstOrDefault(hop => hop.LeadsThroughServers)?.Servers[0];
        Way direct = Context.Direct;
        if (judging)
        {
            direct = direct with { Streams = new MeteredDialer(direct.Streams, meter, DialStage.Connect, servers.Contains, first) };
        }

        Way way = spec.Chain.Wrap(direct, Context.With(meter.Dns));
        IStreamDialer streams = new MeteredDialer(way.Streams, meter, DialStage.Dial, _ => judging);
        IPacketListener packets = judging && way.NoPacketsReason is null ? new MeteredListener(way.Packets, meter) : way.Packets;
        PacketListenerProxyOptions options = new() { WriteIdleTimeout = spec.UdpIdleTimeout, TimeProvider = Context.TimeProvider };
        return new ProxyRuntime(streams, new PacketListenerProxy(packets, options), meter, way.NoPacketsReason);
    }
}
