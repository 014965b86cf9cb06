using System.Globalization;
using System.Net;
using System.Text.Json;

namespace NetControl.EndToEnd.Tests.Http;

/// <summary>Shadowsocks inside WebSockets, as Outline's servers have it: Node's ws in front of shadowsocks-libev.</summary>
public sealed class WebSocketTests
{
    [Fact]
    public async Task Chain_OfWebSocketAndShadowsocks_CarriesStreamsAndPackets()
    {
        await using World world = World.Create();
        world.StartServers();
        await StartAsync(world);
        await world.StartDaemonAsync(world.Configuration($"ws:tcp_path=/tcp&udp_path=/udp|ss://aes-256-gcm:secret@{World.SocksAddress}:8080"));
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://[{World.Web6}]/"));
        Assert.Equal(World.Web4, world.Execute("dig", "+short", "+time=3", "+tries=2", $"@{World.Dns4}", "www.example.com", "A"));
        Assert.DoesNotContain("/tcp", world.DaemonErrors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Iperf3_ThroughAWebSocket_CarriesBytes()
    {
        await using World world = World.Create();
        world.StartServers();
        string folder = ForeignTools.Install();
        world.Run(world.Server, "iperf3", "-s");
        await World.WaitForPortAsync(world.Server, new IPEndPoint(IPAddress.Parse("198.18.0.1"), 5201));
        world.Run(world.Server, "node", Path.Combine(folder, "websocket.mjs"), World.SocksAddress, "8080", "198.18.0.1", "5201");
        await World.WaitForPortAsync(world.Server, new IPEndPoint(IPAddress.Parse(World.SocksAddress), 8080));
        await world.StartDaemonAsync(world.Configuration($"override:host={World.SocksAddress}&port=8080|ws:tcp_path=/tcp"));
        foreach (string[] way in (string[][])[[], ["-R"]])
        {
            using JsonDocument report = JsonDocument.Parse(world.Execute("iperf3", ["-c", "198.18.0.1", "-t", "1", "-J", .. way]));
            long bytes = report.RootElement.GetProperty("end").GetProperty("sum_received").GetProperty("bytes").GetInt64();
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ws {string.Join(' ', way)}: {bytes * 8 / 1e9:F2} Gbit"));
            Assert.True(bytes > 5_000_000, $"iperf3 {string.Join(' ', way)} carried {bytes} bytes in a second");
        }
    }

    [Fact]
    public async Task Path_ThatIsNone_IsARefusal()
    {
        await using World world = World.Create();
        world.StartServers();
        await StartAsync(world);
        await world.StartDaemonAsync(world.Configuration($"override:host={World.SocksAddress}&port=8080|ws:tcp_path=/other"));
        Assert.Equal(7, world.Client.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/").ExitCode);
        Assert.DoesNotContain("/other", world.DaemonErrors, StringComparison.Ordinal);
    }

    private static async Task StartAsync(World world)
    {
        string folder = ForeignTools.Install();
        world.Run(world.Server, "ss-server", "-s", World.SocksAddress, "-p", "8388", "-m", "aes-256-gcm", "-k", "secret", "-u", "-t", "60");
        await World.WaitForPortAsync(world.Server, new IPEndPoint(IPAddress.Parse(World.SocksAddress), 8388));
        world.Run(world.Server, "node", Path.Combine(folder, "websocket.mjs"), World.SocksAddress, "8080", World.SocksAddress, "8388");
        await World.WaitForPortAsync(world.Server, new IPEndPoint(IPAddress.Parse(World.SocksAddress), 8080));
    }
}
