using NetControl.Transport.Dns;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Mapping;

/// <summary>Hops that deal with DNS, between messages and the chain's words.</summary>
internal static class HopMappingDns
{
    public static HopPart ToPart(this V1.Do53Hop message) =>
        new HopPart("do53").Required("address", "server", message.Server, "1.1.1.1:53").Cache(message.CacheSize);

    public static V1.Do53Hop ToMessage(this Do53Hop hop) => new() { Server = $"{hop.Server}", CacheSize = (uint)hop.CacheSize };

    public static HopPart ToPart(this V1.DotHop message) => new HopPart("dot")
        .Required("address", "server", message.Server, "1.1.1.1:853")
        .Option("name", "certificate_name", HopMapping.OrNull(message.CertificateName))
        .Cache(message.CacheSize);

    public static V1.DotHop ToMessage(this DotHop hop) =>
        new() { Server = $"{hop.Server}", CertificateName = hop.Name ?? "", CacheSize = (uint)hop.CacheSize };

    public static HopPart ToPart(this V1.DohHop message) => new HopPart("doh")
        .Required("name", "name", message.Name, "dns.example")
        .Option("address", "server", HopMapping.OrNull(message.Server))
        .Option("path", "path", HopMapping.OrNull(message.Path))
        .Cache(message.CacheSize);

    public static V1.DohHop ToMessage(this DohHop hop) =>
        new() { Name = hop.Name, Server = $"{hop.Server}", Path = hop.Path, CacheSize = (uint)hop.CacheSize };

    public static HopPart ToPart(this V1.DnsInterceptHop message) => new HopPart("dnsintercept")
        .Required("local", "local", message.Local, "10.0.0.53")
        .Required("remote", "remote", message.Remote, "1.1.1.1:53");

    public static V1.DnsInterceptHop ToMessage(this DnsInterceptHop hop) => new() { Local = $"{hop.Local}", Remote = $"{hop.Remote}" };

    public static HopPart ToPart(this V1.DnsSplitHop message)
    {
        HopPart part = new("dnssplit");
        if (message is { Tls: true, Https: true })
        {
            part.Fault("https", "cannot be had together with tls; leave one of them out");
        }

        return part
            .Required("direct", "direct", string.Join(',', message.Direct), "cluster.local")
            .Option("resolver", "resolver", HopMapping.OrNull(message.Resolver))
            .Required("remote", "remote", message.Remote, "1.1.1.1:53")
            .Option("over", "https", message.Https ? "https" : null)
            .Option("over", "tls", message is { Tls: true, Https: false } ? "tls" : null)
            .Option("name", "certificate_name", HopMapping.OrNull(message.CertificateName))
            .Option("path", "path", HopMapping.OrNull(message.Path))
            .Option("resolvconf", "resolv_conf", message.HasResolvConf ? message.ResolvConf : null)
            .Cache(message.CacheSize);
    }

    public static V1.DnsSplitHop ToMessage(this DnsSplitHop hop)
    {
        V1.DnsSplitHop message = new()
        {
            Direct = { hop.Direct.Text.Split(',') },
            Resolver = hop.Resolver is { } resolver ? $"{resolver}" : "",
            Remote = $"{hop.Remote}",
            Tls = hop.Over == DnsCarrier.Tls,
            Https = hop.Over == DnsCarrier.Https,
            Path = hop.Over == DnsCarrier.Https ? hop.Path : "",
            CertificateName = hop.Name ?? "",
            CacheSize = (uint)hop.CacheSize,
        };
        if (hop.ResolvConfPath is { } path)
        {
            message.ResolvConf = path;
        }

        return message;
    }

    private static HopPart Cache(this HopPart part, uint size) =>
        part.Option("cache", "cache_size", size == 0 ? null : HopMapping.Number(size));
}
