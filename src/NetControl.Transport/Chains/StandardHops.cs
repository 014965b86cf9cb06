using NetControl.Transport.Socks5;

namespace NetControl.Transport.Chains;

/// <summary>The kinds of hops that this library brings, a line each.</summary>
internal static class StandardHops
{
    public static readonly HopType[] All =
    [
        new Socks5HopType(),
    ];
}
