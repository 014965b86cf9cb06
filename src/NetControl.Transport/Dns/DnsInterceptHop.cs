using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Dns;

/// <summary>Leads what goes to one resolver's address to another resolver, over UDP and TCP; everything else passes.</summary>
/// <param name="Local">The address that applications ask.</param>
/// <param name="Remote">The address that is asked in its place.</param>
public sealed record DnsInterceptHop(AddrPort Local, AddrPort Remote) : Hop
{
    /// <inheritdoc/>
    public override string Type => DnsInterceptHopType.Scheme;

    /// <inheritdoc/>
    public override string Text => $"{Type}:local={Local}&remote={Remote}";

    /// <inheritdoc/>
    public override string Redacted => Text;

    /// <inheritdoc/>
    public override Way Wrap(Way inner, HopContext context)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(context);
        DnsInterceptStreamDialer streams = new(inner.Streams, Local, Remote);
        if (inner.Packets is NoPackets)
        {
            return new Way(streams, inner.Packets);
        }

        // The socket's own user judges idleness; here only a session that it has left behind must not stay.
        TimeProvider time = context.TimeProvider;
        PacketListenerProxy others = new(
            inner.Packets, new PacketListenerProxyOptions { WriteIdleTimeout = TimeSpan.FromDays(1), TimeProvider = time });
        DnsInterceptOptions options = new() { TimeProvider = time };
        PacketListenerProxy queries = new(
            inner.Packets, new PacketListenerProxyOptions { WriteIdleTimeout = options.QueryTimeout, TimeProvider = time });
        return new Way(streams, new PacketProxyListener(new DnsInterceptPacketProxy(queries, others, Local, Remote, options)));
    }
}
