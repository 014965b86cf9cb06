using System.Globalization;
using System.Net.Sockets;
using NetControl.Protocol.V1;
using NetControl.Testing.Daemon;

namespace NetControl.EndToEnd.Tests;

/// <summary>SIGHUP: netcontrold reads its file again and changes what has changed.</summary>
public sealed class ReloadTests
{
    private const string Reloads = "netcontrol_config_reloads_total";

    [Fact]
    [Trait("Category", "Smoke")]
    public async Task Reload_WithChangesRemovalsAndAdditions_MakesTheFileTrueAndKeepsSessionsThatItDoesNotConcern()
    {
        await using World world = World.Create();
        world.StartServers();
        string proxy = $"socks5://{world.StartSocks5().EndPoint}";
        string old = world.Configuration("", proxy) + "  - name: proxies/gone\n";
        await world.StartDaemonAsync(old.Replace("delegates:\n", """
              - name: devices/t1
                addresses: ["10.78.0.1/24"]
                routes: ["198.51.100.0/24"]
            delegates:

            """, StringComparison.Ordinal));
        await world.Api.Proxies.CreateProxyAsync(new CreateProxyRequest { Proxy = new Proxy { Name = "proxies/rpc" } });
        using Socket live = world.Tcp();
        await live.ConnectAsync(World.Echo4);
        await live.EchoAsync();

        // The delegate moves, a route and an address of the live session's device change, one device goes, another comes.
        string changed = world.Configuration("", proxy)
            .Replace("proxy: proxies/a", "proxy: proxies/b", StringComparison.Ordinal)
            .Replace("\"fd77::1/64\"]", "\"fd77::1/64\", \"10.77.1.1/24\"]", StringComparison.Ordinal)
            .Replace("\"198.18.0.0/15\",", "\"198.18.0.0/15\", \"203.0.113.0/24\",", StringComparison.Ordinal)
            .Replace("delegates:\n", """
                  - name: devices/t2
                    addresses: ["10.79.0.1/24"]
                    routes: ["198.51.100.0/24"]
                delegates:

                """, StringComparison.Ordinal);
        double before = (await world.Api.ReadMetricsAsync()).Sum("netcontrol_config_generation");
        await ReloadAsync(world, changed, "success");
        PrometheusText metrics = await world.Api.ReadMetricsAsync();
        Assert.Equal(before + 1, metrics.Sum("netcontrol_config_generation"));
        Assert.Equal("proxies/b", (await world.Api.Delegates.GetDelegateAsync(new GetDelegateRequest { Name = World.Delegate })).Delegate.Proxy);
        ListDevicesResponse devices = await world.Api.Devices.ListDevicesAsync(new ListDevicesRequest());
        Assert.Equal(["devices/t2", World.Device], devices.Devices.Select(d => d.Name));
        ListProxiesResponse proxies = await world.Api.Proxies.ListProxiesAsync(new ListProxiesRequest());
        Assert.Equal(["proxies/a", "proxies/b", "proxies/rpc"], proxies.Proxies.Select(p => p.Name));
        string links = world.Client.Ip("-br", "link");
        Assert.Contains("t2", links, StringComparison.Ordinal);
        Assert.DoesNotContain("t1", links, StringComparison.Ordinal);
        Assert.Contains("dev t2", world.Client.Ip("route", "get", "198.51.100.1"), StringComparison.Ordinal);
        Assert.Contains("dev tun0", world.Client.Ip("route", "get", "203.0.113.1"), StringComparison.Ordinal);
        Assert.Contains("10.77.1.1/24", world.Client.Ip("addr", "show", "tun0"), StringComparison.Ordinal);

        await live.EchoAsync();
        Session session = Assert.Single(await world.Api.ListSessionsAsync());
        Assert.Equal((1, "proxies/a"), (session.Generation, session.Proxy));
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        Assert.True(metrics.Sum("netcontrol_storage_commit_seconds_count") >= 3, "no commit was timed");
        Assert.Equal(0, metrics.Sum("netcontrol_storage_failures_total"));

        // The same once more is no change.
        await ReloadAsync(world, changed, "success");
        Assert.Equal(before + 1, (await world.Api.ReadMetricsAsync()).Sum("netcontrol_config_generation"));
    }

    [Theory]
    [InlineData("    mtu: 1\n", "mtu")]
    [InlineData("    mtuu: 1500\n", "mtuu")]
    [InlineData("    routes: [\"203.0.113.0/24\", \"198.18.0.0/15\"]\n", "File exists")]
    [InlineData("  nonsense\n", "netcontrol.yaml")]
    public async Task Reload_OfAFileWithAFault_ChangesNothingAndSaysWhy(string fault, string why)
    {
        await using World world = await World.StartAsync();
        world.Client.Ip("route", "add", "203.0.113.0/24", "dev", "v0", "table", "20035"); // in the way of the third
        using Socket live = world.Tcp();
        await live.ConnectAsync(World.Echo4);
        await live.EchoAsync();
        string before = world.KernelState();
        double generation = (await world.Api.ReadMetricsAsync()).Sum("netcontrol_config_generation");
        string good = world.Configuration("");
        string bad = good.Replace("    routes: [\"198.18.0.0/15\", \"fd98::/32\"]\n", fault.Contains("routes") ? "" : "    routes: [\"198.18.0.0/16\"]\n", StringComparison.Ordinal)
            .Replace("    streamDialer", fault + "    streamDialer", StringComparison.Ordinal);
        await ReloadAsync(world, bad, "failure");
        Assert.Contains("everything is as before", world.DaemonErrors, StringComparison.Ordinal);
        Assert.Contains(why, world.DaemonErrors, StringComparison.Ordinal);
        Assert.Equal(before, world.KernelState());
        Assert.Equal(generation, (await world.Api.ReadMetricsAsync()).Sum("netcontrol_config_generation"));
        await live.EchoAsync();
        await ReloadAsync(world, good.Replace("\"198.18.0.0/15\"", "\"198.18.0.0/16\"", StringComparison.Ordinal), "success");
        Assert.Contains("198.18.0.0/16", world.KernelState(), StringComparison.Ordinal);
        await live.EchoAsync();
    }

    [Fact]
    public async Task Reload_ThatRemovesADevice_EndsItsSessionsAlone()
    {
        await using World world = World.Create();
        world.StartServers();
        string both = world.Configuration("").Replace("[\"198.18.0.0/15\", \"fd98::/32\"]", "[\"198.18.0.0/15\"]", StringComparison.Ordinal);
        await world.StartDaemonAsync(both.Replace("delegates:\n", """
              - name: devices/six
                addresses: ["fd78::1/64"]
                routes: ["fd98::/32"]
                streamDialer: delegates/egress
            delegates:

            """, StringComparison.Ordinal));
        using Socket stays = world.Tcp();
        await stays.ConnectAsync(World.Echo4);
        await stays.EchoAsync();
        using Socket ends = world.Tcp(AddressFamily.InterNetworkV6);
        await ends.ConnectAsync(World.Echo6);
        await ends.EchoAsync();
        await ReloadAsync(world, both, "success");
        await stays.EchoAsync();
        Assert.Equal(World.Device, Assert.Single(await world.Api.ListSessionsAsync()).Device);
    }

    /// <summary>Writes the file, sends SIGHUP and waits until it has been dealt with.</summary>
    private static async Task ReloadAsync(World world, string configuration, string result)
    {
        double before = Count(await world.Api.ReadMetricsAsync(), result);
        await File.WriteAllTextAsync(world.ConfigurationFile, configuration);
        world.Daemon.Signal("HUP");
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        PrometheusText metrics;
        do
        {
            await Task.Delay(10, limit.Token);
            metrics = await world.Api.ReadMetricsAsync();
            string other = result == "success" ? "failure" : "success";
            Assert.True(result == "failure" || Count(metrics, other) == 0 || Count(metrics, result) >= before, string.Create(CultureInfo.InvariantCulture, $"{world.DaemonErrors}"));
        }
        while (Count(metrics, result) == before);
    }

    private static double Count(PrometheusText metrics, string result) => metrics.Sum(Reloads, ("result", result));
}
