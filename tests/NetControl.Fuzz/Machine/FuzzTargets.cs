using NetControl.Fuzz.Targets;

namespace NetControl.Fuzz.Machine;

/// <summary>The targets by name.</summary>
internal static class FuzzTargets
{
    // Made when asked for: the instrumented code must not run before it has its map.
    private static readonly (string Name, Func<IFuzzTarget> Make)[] s_all =
    [
        ("packet", static () => new PacketTarget()),
        ("tcp-options", static () => new TcpOptionsTarget()),
        ("reassembler", static () => new ReassemblerTarget()),
        ("stack", static () => new StackTarget()),
        ("socks5", static () => new Socks5Target()),
        ("shadowsocks", static () => new ShadowsocksTarget()),
        ("http", static () => new HttpTarget()),
        ("tlsfrag", static () => new TlsFragTarget()),
        ("dns", static () => new DnsTarget()),
        ("resolv-conf", static () => new ResolvConfTarget()),
        ("websocket", static () => new WebSocketTarget()),
        ("hops", static () => new HopsTarget()),
        ("address", static () => new AddressTarget()),
        ("filter", static () => new FilterTarget()),
        ("yaml", static () => new YamlTarget()),
    ];

    /// <summary>All names.</summary>
    public static IEnumerable<string> Names => s_all.Select(target => target.Name);

    /// <summary>How to make a target, or null if there is none by that name.</summary>
    public static Func<IFuzzTarget>? Find(string name) => Array.Find(s_all, target => target.Name == name).Make;
}
