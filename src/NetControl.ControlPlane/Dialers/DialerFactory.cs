using NetControl.ControlPlane.Engines;
using NetControl.ControlPlane.Specs;
using NetControl.Network;
using NetControl.Transport.Socks5;

namespace NetControl.ControlPlane.Dialers;

/// <summary>Builds a proxy's ways out from its chain, around the engine's own dialer and sockets.</summary>
/// <remarks>Thread rule: any thread; building opens nothing, it only wraps.</remarks>
internal sealed class DialerFactory
{
    private readonly IEngine _engine;

    public DialerFactory(IEngine engine)
    {
        _engine = engine;
    }

    public ProxyRuntime Build(ProxySpec spec)
    {
        (IStreamDialer streams, IPacketListener packets) = Wrap(spec.Chain, _engine.StreamDialer, _engine.PacketListener);
        PacketListenerProxyOptions options = new() { WriteIdleTimeout = spec.UdpIdleTimeout, TimeProvider = _engine.TimeProvider };
        return new ProxyRuntime(streams, new PacketListenerProxy(packets, options));
    }

    /// <summary>Wraps a chain's hops around a dialer and a listener.</summary>
    public (IStreamDialer Streams, IPacketListener Packets) Wrap(Chain chain, IStreamDialer streams, IPacketListener packets)
    {
        foreach (Hop hop in chain.Hops)
        {
            (streams, packets) = hop switch
            {
                Socks5Hop socks => Wrap(socks, streams, packets),
                _ => throw new InvalidOperationException($"hop type '{hop.Type}' has no builder"),
            };
        }

        return (streams, packets);
    }

    private (IStreamDialer Streams, IPacketListener Packets) Wrap(Socks5Hop hop, IStreamDialer streams, IPacketListener packets)
    {
        StreamDialerEndpoint server = new(streams, hop.Server);
        Socks5Credentials? credentials = hop.Username is null ? null : new Socks5Credentials(hop.Username, hop.Password ?? "");
        TimeProvider time = _engine.TimeProvider;
        return (new Socks5StreamDialer(server, credentials, time), new Socks5PacketListener(server, packets, credentials, time));
    }
}
