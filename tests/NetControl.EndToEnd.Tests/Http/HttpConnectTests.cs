using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using NetControl.Protocol.V1;

namespace NetControl.EndToEnd.Tests.Http;

/// <summary>The whole program, with HTTP proxies that others wrote behind it and real programs in front.</summary>
public sealed class HttpConnectTests
{
    [Theory]
    [InlineData("squid")]
    [InlineData("tinyproxy")]
    [InlineData("apache2")]
    [InlineData("apache2-tls")]
    [InlineData("node-h2c")]
    [InlineData("node-h2")]
    [InlineData("node-h1")]
    public async Task Curl_ThroughTheProxy_GetsThePage(string program)
    {
        await using World world = World.Create();
        world.StartServers();
        HttpProxy proxy = await HttpProxies.StartAsync(world, program);
        await world.StartDaemonAsync(world.Configuration(proxy.Hop));
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://[{World.Web6}]/"));
    }

    [Theory]
    [InlineData("squid")]
    [InlineData("tinyproxy")]
    [InlineData("apache2")]
    [InlineData("node-h2c")]
    public async Task Password_RightOne_PassesAndWrongOneIsATruthfulRefusalThatShowsNone(string program)
    {
        await using World world = World.Create();
        world.StartServers();
        HttpProxy proxy = await HttpProxies.StartAsync(world, program, authenticated: true);
        await world.StartDaemonAsync(world.Configuration(proxy.HopWithLogin, proxy.HopWith("hunter2")));
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        await world.Api.Delegates.SwapDelegateAsync(new SwapDelegateRequest { Name = World.Delegate, Proxy = "proxies/b" });

        // 7: the connection was refused, which a reset in place of an answer to the SYN is.
        Assert.Equal(7, world.Client.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/").ExitCode);
        Assert.DoesNotContain("hunter2", world.DaemonErrors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("squid")]
    [InlineData("node-h2c")]
    public async Task Destination_ThatRefuses_IsToldToTheClient(string program)
    {
        await using World world = World.Create();
        world.StartServers();
        HttpProxy proxy = await HttpProxies.StartAsync(world, program);
        await world.StartDaemonAsync(world.Configuration(proxy.Hop));
        Assert.Equal(SocketError.HostUnreachable, await ConnectAsync(world, 81));
    }

    [Fact]
    public async Task Destination_ThatTheProxyForbids_IsToldToTheClient()
    {
        await using World world = World.Create();
        world.StartServers();
        HttpProxy proxy = await HttpProxies.StartAsync(world, "squid");
        await world.StartDaemonAsync(world.Configuration(proxy.Hop));

        // ICMP says that it is prohibited, which Linux tells its programs as a host that cannot be reached.
        Assert.Equal(SocketError.HostUnreachable, await ConnectAsync(world, 7));
    }

    [Theory]
    [InlineData("squid")]
    [InlineData("apache2-tls")]
    [InlineData("node-h2c")]
    [InlineData("node-h2")]
    public async Task Iperf3_BothWaysAndEightStreams_CarriesBytes(string program)
    {
        await using World world = World.Create();
        HttpProxy proxy = await HttpProxies.StartAsync(world, program);
        await world.StartDaemonAsync(world.Configuration(proxy.Hop));
        world.Run(world.Server, "iperf3", "-s");
        await World.WaitForPortAsync(world.Server, new IPEndPoint(IPAddress.Parse("198.18.0.1"), 5201));
        foreach (string[] way in (string[][])[[], ["-R"], ["-P", "8"], ["-R", "-P", "8"]])
        {
            using JsonDocument report = JsonDocument.Parse(world.Execute("iperf3", ["-c", "198.18.0.1", "-t", "1", "-J", .. way]));
            string? error = report.RootElement.TryGetProperty("error", out JsonElement said) ? said.GetString() : null;
            Assert.True(error is null, $"iperf3 {string.Join(' ', way)}: {error}");
            long bytes = report.RootElement.GetProperty("end").GetProperty("sum_received").GetProperty("bytes").GetInt64();
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{program} {string.Join(' ', way)}: {bytes * 8 / 1e9:F2} Gbit"));
            Assert.True(bytes > 5_000_000, $"iperf3 {string.Join(' ', way)} carried {bytes} bytes in a second");
        }
    }

    [Fact]
    public async Task Chain_OfSocks5Http2AndSocks5_CarriesStreams()
    {
        await using World world = World.Create();
        world.StartServers();
        HttpProxy first = await HttpProxies.StartAsync(world, "node-h2c");
        string socks = $"socks5://{world.StartSocks5().EndPoint}";
        await world.StartDaemonAsync(world.Configuration($"{socks}|{first.Hop}|{socks}"));
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
    }

    private static async Task<SocketError> ConnectAsync(World world, int port)
    {
        using Socket socket = world.Tcp();
        SocketException error = await Assert.ThrowsAnyAsync<SocketException>(
            () => socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(World.Web4), port)).WaitAsync(TimeSpan.FromSeconds(30)));
        return error.SocketErrorCode;
    }
}
