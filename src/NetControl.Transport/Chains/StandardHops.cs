using NetControl.Transport.Block;
using NetControl.Transport.Disorder;
using NetControl.Transport.Dns;
using NetControl.Transport.HttpConnect;
using NetControl.Transport.Override;
using NetControl.Transport.Shadowsocks;
using NetControl.Transport.Socks5;
using NetControl.Transport.Split;
using NetControl.Transport.Tls;
using NetControl.Transport.TlsFrag;
using NetControl.Transport.WebSocket;

namespace NetControl.Transport.Chains;

/// <summary>The kinds of hops that this library brings, a line each.</summary>
internal static class StandardHops
{
    public static readonly HopType[] All =
    [
        new BlockHopType(),
        new DisorderHopType(),
        new DnsInterceptHopType(),
        new DnsSplitHopType(),
        new DnsTruncateHopType(),
        new Do53HopType(),
        new DohHopType(),
        new DotHopType(),
        .. HttpConnectHopType.All,
        new OverrideHopType(),
        new ShadowsocksHopType(),
        new Socks5HopType(),
        new SplitHopType(),
        new TlsHopType(),
        new TlsFragHopType(),
        new WebSocketHopType(),
    ];
}
