using NetControl.Transport.Dns;
using NetControl.Transport.Shadowsocks;
using NetControl.Transport.Socks5;

namespace NetControl.Transport.Chains;

/// <summary>The kinds of hops that this library brings, a line each.</summary>
internal static class StandardHops
{
    public static readonly HopType[] All =
    [
        new DnsInterceptHopType(),
        new DnsTruncateHopType(),
        new ShadowsocksHopType(),
        new Socks5HopType(),
    ];
}
