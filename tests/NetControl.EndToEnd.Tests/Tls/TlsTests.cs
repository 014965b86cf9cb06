using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using NetControl.Protocol.V1;
using NetControl.Testing.Daemon;
using NetControl.Testing.Origin;
using NetControl.Testing.Proxies;

namespace NetControl.EndToEnd.Tests.Tls;

/// <summary>TLS with stunnel as the other side: what passes, and what is refused for which reason.</summary>
public sealed class TlsTests
{
    private const int Socks = 1080;

    [Fact]
    [Trait("Category", "Smoke")]
    public async Task Socks5InsideTls_CarriesBytesAndHalfCloses()
    {
        await using World world = World.Create();
        using Stunnel stunnel = await StartAsync(world);
        await world.StartDaemonAsync(world.Configuration($"{stunnel.Hop()}|socks5://{World.SocksAddress}:{Stunnel.Valid}"));
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://[{World.Web6}]/"));
        const long Bytes = 32 << 20;
        string wanted = Payload.Sha256(Bytes);
        Assert.Equal(wanted, await world.DownloadAsync(World.Web4, Bytes));
        Assert.Equal(wanted, await world.UploadAsync(World.Web4, Bytes));

        using Socket socket = world.Tcp();
        await socket.ConnectAsync(World.Echo4);
        await socket.SendAsync("the end of our half"u8.ToArray());
        await using NetworkStream stream = new(socket);
        socket.Shutdown(SocketShutdown.Send);
        using StreamReader reader = new(stream);
        Assert.Equal("the end of our half", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task ThreeHops_TlsInTheMiddle_ReachTheLastThroughTheFirst()
    {
        await using World world = World.Create();
        using Stunnel stunnel = await StartAsync(world);
        Socks5Server first = world.StartSocks5(1081);
        string chain = $"socks5://{World.SocksAddress}:1081|{stunnel.Hop()}|socks5://{World.SocksAddress}:{Stunnel.Valid}";
        await world.StartDaemonAsync(world.Configuration(chain));
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        Assert.True(first.Accepted > 0, "the first hop was not asked");
    }

    [Fact]
    public async Task ShapedFirstBytes_AreUnderstoodByRealServers()
    {
        await using World world = World.Create();
        using Stunnel stunnel = await StartAsync(world);
        string socks = $"socks5://{World.SocksAddress}";
        await world.StartDaemonAsync(world.Configuration(
            $"disorder:0|split:3,2*5|tlsfrag:1|{stunnel.Hop()}|{socks}:{Stunnel.Valid}", $"split:2|{socks}:{Socks}", $"override:port={Socks}|{socks}:9"));
        foreach (string proxy in new[] { "proxies/a", "proxies/b", "proxies/c" })
        {
            await world.Api.Delegates.SwapDelegateAsync(new SwapDelegateRequest { Name = World.Delegate, Proxy = proxy });
            Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        }
    }

    [Fact]
    public async Task ServersThatAreNotToBeTrusted_AreRefusedForTheReason()
    {
        await using World world = World.Create();
        using Stunnel stunnel = await StartAsync(world);
        await world.StartDaemonAsync(world.Configuration($"{stunnel.Hop()}|socks5://{World.SocksAddress}:{Stunnel.Expired}"));
        (int Port, string Hop, string Reason)[] rows =
        [
            (Stunnel.Valid, stunnel.Hop(), ""),
            (Stunnel.Valid, "tls:certname=proxy.example", "no trusted authority vouches for the certificate; its issuer is CN=NetControl test root"),
            (Stunnel.Expired, stunnel.Hop(), "expired on "),
            (Stunnel.OtherName, stunnel.Hop(), "the certificate is for other.example, not for proxy.example"),
            (Stunnel.Untrusted, stunnel.Hop(), "its issuer is CN=a stranger"),
            (Stunnel.WantsCertificate, stunnel.Hop(), "certificate required (116)"),
            (Stunnel.WantsCertificate, stunnel.Hop(stunnel.Certificate), ""),
            (Stunnel.Valid, stunnel.Hop("&alpn=h2"), ""),
        ];
        foreach ((int port, string hop, string reason) in rows)
        {
            ProbeResult result = await ProbeAsync(world, $"{hop}|socks5://{World.SocksAddress}:{port}");
            Assert.Contains(reason, result.Error?.Message ?? "", StringComparison.Ordinal);
            Assert.Equal(reason.Length == 0, result.Ok);
        }

        // What is not TLS at all: a server that says what it hears, and one that waits for more.
        (string Server, string Reason)[] others =
        [
            ($"{World.Echo4}", "the server does not speak TLS as it should"),
            ($"{World.Web4}:80", "nothing came within"),
        ];
        foreach ((string server, string reason) in others)
        {
            ProbeResult result = await ProbeAsync(world, $"tls:|socks5://{server}");
            Assert.Contains(reason, result.Error.Message, StringComparison.Ordinal);
        }

        // The application hears of it at once, the session says whose fault it was.
        await using SessionLedger ledger = await world.FollowAsync();
        using Socket socket = world.Tcp();
        long start = Stopwatch.GetTimestamp();
        SocketException refused = await Assert.ThrowsAsync<SocketException>(() => socket.ConnectAsync(IPAddress.Parse(World.Web4), 80));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5));
        await ledger.WaitUntilAsync(static l => l.Closed.Count >= 1);
        Assert.Equal(SessionCause.DialProxyFailed, ledger.Read(static l => l.Closed[0].Cause));
    }

    [Fact]
    public async Task CreateProxy_FileThatIsMissing_NamesFieldAndFix()
    {
        await using World world = World.Create();
        world.StartServers();
        await world.StartDaemonAsync(world.Configuration(""));
        RpcException e = await Assert.ThrowsAsync<RpcException>(() => world.Api.Proxies.CreateProxyAsync(new CreateProxyRequest
        {
            ProxyId = "b",
            Proxy = new Proxy { Config = "tls:ca=/nowhere/ca.pem|socks5://192.0.2.1:1" },
        }).ResponseAsync);
        Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
        Assert.Contains("config", e.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("ca=/nowhere/ca.pem: there is no such file; put it there, or name another", e.Status.Detail, StringComparison.Ordinal);
    }

    private static async Task<Stunnel> StartAsync(World world)
    {
        world.StartServers();
        await world.StartEgressAsync("danted");
        return await Stunnel.StartAsync(world, Socks);
    }

    private static async Task<ProbeResult> ProbeAsync(World world, string config)
    {
        ProbeProxyResponse response = await world.Api.Diagnostics.ProbeProxyAsync(new ProbeProxyRequest { Config = config, TcpTargets = { $"{World.Web4}:80" } });
        return Assert.Single(response.Results);
    }
}
