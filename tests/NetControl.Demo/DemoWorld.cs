using System.Net;
using System.Net.Sockets;
using NetControl.Network;
using NetControl.Testing.Daemon;
using NetControl.Testing.Origin;
using NetControl.Testing.Proxies;

namespace NetControl.Demo;

/// <summary>What the story needs: an outside world, two SOCKS5 servers that lead there, and netcontrold with a device.</summary>
/// <remarks>
/// The outside world has addresses that exist nowhere. Packets for them are routed into the device; the SOCKS5 servers know that they mean
/// servers on this sandbox's loopback.
/// </remarks>
internal sealed class DemoWorld : IAsyncDisposable
{
    public const string Web4 = "198.18.0.80";
    public const string Web6 = "fd98::80";
    public const string Dns4 = "198.18.0.53";

    private readonly OriginServer _web;
    private readonly DnsServer _dns;
    private readonly DirectoryInfo _folder;

    private DemoWorld()
    {
        HasIpv6 = Socket.OSSupportsIPv6 && File.Exists("/proc/net/if_inet6");
        _web = new OriginServer(new IPEndPoint(IPAddress.Loopback, 0));
        _dns = new DnsServer(new IPEndPoint(IPAddress.Loopback, 0), IPAddress.Parse(Web4), IPAddress.Parse(Web6));
        ProxyA = MakeProxy();
        ProxyB = MakeProxy();
        _folder = Directory.CreateTempSubdirectory("netcontrol-demo-");
        SocketPath = Path.Combine(_folder.FullName, "grpc.sock");
        ConfigurationPath = Path.Combine(_folder.FullName, "netcontrol.yaml");
        File.WriteAllText(ConfigurationPath, Configuration());
        Daemon = DaemonProcess.Start(ConfigurationPath);
        Client = new DaemonClient(SocketPath, new IPEndPoint(IPAddress.Loopback, 9464));
    }

    /// <summary>Whether this kernel speaks IPv6.</summary>
    public bool HasIpv6 { get; }

    public Socks5Server ProxyA { get; }

    public Socks5Server ProxyB { get; }

    public string SocketPath { get; }

    public string ConfigurationPath { get; }

    public DaemonProcess Daemon { get; }

    public DaemonClient Client { get; }

    /// <summary>Starts everything and waits until the device passes traffic.</summary>
    public static async Task<DemoWorld> StartAsync()
    {
        DemoWorld world = new();
        try
        {
            await world.Daemon.WaitForReadyAsync();
            return world;
        }
        catch (InvalidOperationException e)
        {
            await world.DisposeAsync();
            throw new DemoException(e.Message, e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Daemon.DisposeAsync();
        ProxyA.Dispose();
        ProxyB.Dispose();
        _web.Dispose();
        _dns.Dispose();
        _folder.Delete(recursive: true);
    }

    private string Configuration() => $"""
        listen:
          grpc: ["unix:{SocketPath}"]
          http: "http://127.0.0.1:9464"
        devices:
          - name: devices/tun0
            addresses: ["10.77.0.1/24"{(HasIpv6 ? ", \"fd77::1/64\"" : "")}]
            routes: ["198.18.0.0/15"{(HasIpv6 ? ", \"fd98::/64\"" : "")}]
            streamDialer: delegates/egress
            packetProxy: delegates/egress
        delegates:
          - name: delegates/egress
            proxy: proxies/a
        proxies:
          - name: proxies/a
            config: "socks5://{ProxyA.EndPoint}"
          - name: proxies/b
            config: "socks5://{ProxyB.EndPoint}"

        """;

    private Socks5Server MakeProxy() => new(new Socks5ServerOptions { Route = ToLoopback, RouteBack = FromLoopback });

    private HostPort ToLoopback(HostPort destination) => destination.Port == 53
        ? AddrPort.From(_dns.EndPoint)
        : AddrPort.From(_web.EndPoint);

    private AddrPort FromLoopback(AddrPort source) => source == AddrPort.From(_dns.EndPoint)
        ? AddrPort.From(new IPEndPoint(IPAddress.Parse(Dns4), 53))
        : source;
}
