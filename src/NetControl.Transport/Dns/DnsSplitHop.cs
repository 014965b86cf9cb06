using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Dns;

/// <summary>
/// Answers what is sent to port 53, UDP and TCP: names of some zones at a resolver that is asked straight from this machine, all others at one
/// that is asked through the way beneath. Everything else passes.
/// </summary>
/// <remarks>A resolver that does not answer is SERVFAIL: no name ever goes to the resolver that it is not for.</remarks>
/// <param name="Direct">The zones of the direct resolver.</param>
/// <param name="Resolver">The direct resolver; null for those of <paramref name="ResolvConfPath"/>.</param>
/// <param name="Remote">The resolver behind the way.</param>
/// <param name="Over">How that one is asked.</param>
/// <param name="Name">The name in its URL, and that its certificate has to be for; null for its host.</param>
/// <param name="ResolvConfPath">The file that names search domains and resolvers; null for the system's.</param>
/// <param name="CacheSize">How many answers of the remote resolver are kept; 0: none.</param>
/// <param name="Path">The path of its URL; of use over HTTPS only.</param>
public sealed record DnsSplitHop(
    DnsZones Direct, AddrPort? Resolver, HostPort Remote, DnsCarrier Over, string? Name, string? ResolvConfPath, int CacheSize,
    string Path = DnsHttpsTransport.DefaultPath) : Hop
{
    private const string SystemResolvConf = "/etc/resolv.conf";

    /// <inheritdoc/>
    public override string Type => DnsSplitHopType.Scheme;

    /// <inheritdoc/>
    public override string Text => string.Concat(
        $"{Type}:direct={Direct}",
        Resolver is null ? "" : $"&resolver={Resolver}",
        $"&remote={Remote}",
        Over switch { DnsCarrier.Tls => "&over=tls", DnsCarrier.Https => "&over=https", _ => "" },
        Name is null ? "" : $"&name={HopOptions.Encode(Name)}",
        Path == DnsHttpsTransport.DefaultPath ? "" : $"&path={HopOptions.Encode(Path)}",
        ResolvConfPath is null ? "" : $"&resolvconf={HopOptions.Encode(ResolvConfPath)}",
        CacheSize == 0 ? "" : $"&{DnsCacheOption.Key}={CacheSize}");

    /// <inheritdoc/>
    public override string Redacted => Text;

    /// <inheritdoc/>
    public override IReadOnlyList<HostPort> Servers => [Remote];

    /// <inheritdoc/>
    public override bool LeadsThroughServers => false;

    /// <inheritdoc/>
    public override IReadOnlyList<HostPort> DirectServers => Resolver is { } resolver ? [resolver] : [];

    /// <inheritdoc/>
    public override Way Wrap(Way inner, HopContext context)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(context);
        TimeProvider time = context.TimeProvider;
        FollowedFile<ResolvConf> conf = new(ResolvConfPath ?? SystemResolvConf, text => ResolvConf.Parse(text), time);
        IDnsTransport direct = Resolver is { } resolver
            ? DnsFallbackTransport.Over(context.Direct, resolver, time)
            : new DnsConfiguredTransport(conf, context.Direct, time);
        (DnsResolverKind kind, IDnsTransport remote) = Over switch
        {
            DnsCarrier.Tls => (DnsResolverKind.Tls, DotHop.Transport(inner.Streams, Remote, Name, context)),
            DnsCarrier.Https => (DnsResolverKind.Https, DohHop.Transport(inner, Remote, Name ?? Host(Remote), Path, context)),
            _ => (DnsResolverKind.Plain, DnsFallbackTransport.Over(inner, Remote, context)),
        };
        DnsSplitter splitter = new(
            Direct,
            () => conf.Content.Search,
            DnsMeteredTransport.Wrap(direct, context.DnsMeter, DnsResolverKind.Direct, time),
            DnsCacheOption.Wrap(DnsMeteredTransport.Wrap(remote, context.DnsMeter, kind, time), CacheSize, context),
            time);

        // The socket's own user judges idleness; here only a session that it has left behind must not stay.
        PacketListenerProxy others = new(
            inner.Packets, new PacketListenerProxyOptions { WriteIdleTimeout = TimeSpan.FromDays(1), TimeProvider = time });
        return new Way(
            new DnsSplitStreamDialer(splitter, inner.Streams, time),
            new PacketProxyListener(new DnsSplitPacketProxy(splitter, others)));
    }

    private static string Host(HostPort server) => server.IsAddress ? $"{server.Address.Address}" : server.Host;
}
