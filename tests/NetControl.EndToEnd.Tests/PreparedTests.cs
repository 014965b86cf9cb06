using System.Globalization;
using System.Net.Sockets;
using NetControl.Testing;
using NetControl.Testing.Daemon;
using NetControl.Testing.Proxies;

namespace NetControl.EndToEnd.Tests;

/// <summary>netcontrold setup prepares, with privileges, what netcontrold then serves without any.</summary>
public sealed class PreparedTests
{
    private const string User = "20035";

    [Fact]
    public async Task Prepared_ServesWithoutCapabilities_BlocksWhileItIsDead_AndIsTakenAwayByCommand()
    {
        Tools.Require("setpriv");
        await using World world = World.Create();
        world.StartServers();
        Socks5Server socks = world.StartSocks5();
        string before = world.KernelState();

        // The proxy's own address is routed into the device, too: what the user's rule is for.
        string configuration = world.Configuration($"socks5://{socks.EndPoint}").Replace(
            "    routes: [\"198.18.0.0/15\", \"fd98::/32\"]\n",
            $"    killSwitch: true\n    routes: [\"0.0.0.0/0\", \"::/0\", \"{World.SocksAddress}/32\"]\n", StringComparison.Ordinal);
        string node = Path.Combine(world.Folder, "tun");
        await File.WriteAllTextAsync(world.ConfigurationFile, configuration);
        string[] setup = ["setup", "--config", world.ConfigurationFile, "--user", User, "--make-tun", node];
        Assert.Equal($"prepared interface tun0 for user {User}", world.Execute(DaemonProcess.Locate(), setup));
        AssertBlocked(world);
        string prepared = world.KernelState();
        world.Execute(DaemonProcess.Locate(), setup);
        Assert.Equal(prepared, world.KernelState());

        for (int round = 0; round < 2; round++)
        {
            await StartAsync(world, configuration, node);
            Assert.Equal("hello", Fetch(world, World.Web4).Output);
            Assert.Equal("hello", Fetch(world, World.Web6).Output);
            Assert.Equal((round + 1) * 2, socks.Connects);
            await AssertSoundAsync(world);
            if (round == 0)
            {
                await world.Daemon.KillAsync();
                AssertBlocked(world);
            }
        }

        Assert.Equal(0, await world.Daemon.TerminateAsync());
        Assert.DoesNotContain("could not", world.Daemon.Errors, StringComparison.Ordinal);
        AssertBlocked(world);
        Assert.Contains("removed interface tun0", world.Execute(DaemonProcess.Locate(), "setup", "--remove"), StringComparison.Ordinal);
        world.Execute(DaemonProcess.Locate(), "release");
        await world.ExpectKernelStateAsync(before);
        Assert.Equal("hello", Fetch(world, World.Web4).Output);
    }

    [Fact]
    public async Task WithoutIpv6_TheSameFileServesIpv4()
    {
        await using World world = World.Create();
        world.StartServers();
        Socks5Server socks = world.StartSocks5();
        world.Client.Execute("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1");
        string configuration = world.Configuration($"socks5://{socks.EndPoint}");
        Assert.NotEqual(0, await world.LaunchDaemon(configuration).WaitForExitAsync());
        await world.StartDaemonAsync(configuration, "--ipv6", "auto");
        Assert.Equal("hello", Fetch(world, World.Web4).Output);
        Assert.Equal(1, socks.Connects);
        Assert.Equal(0, await world.Daemon.TerminateAsync());
    }

    [Fact]
    public async Task ExcludedRoutes_AreLeftToTheMachine_AndChangeInPlace()
    {
        await using World world = World.Create();
        world.StartServers();
        Socks5Server socks = world.StartSocks5();
        string before = world.KernelState();
        await world.StartDaemonAsync(world.Configuration($"socks5://{socks.EndPoint}").Replace(
            "    routes:", $"    excludedRoutes: [\"{World.Web4}/32\", \"{World.Web6}/128\"]\n    routes:", StringComparison.Ordinal));
        Assert.Equal("hello", Fetch(world, World.Web4).Output);
        Assert.Equal("hello", Fetch(world, World.Web6).Output);
        Assert.Equal(0, socks.Connects);
        using (Socket other = world.Tcp())
        {
            await other.ConnectAsync(World.Echo4);
            await other.EchoAsync();
        }

        Assert.Equal(1, socks.Connects);
        await world.Api.Devices.UpdateDeviceAsync(new Protocol.V1.UpdateDeviceRequest
        {
            Device = new Protocol.V1.Device { Name = World.Device, ExcludedRoutes = { $"{World.Web6}/128" } },
            UpdateMask = new() { Paths = { "excluded_routes" } },
        });
        Assert.Equal("hello", Fetch(world, World.Web4).Output);
        Assert.Equal("hello", Fetch(world, World.Web6).Output);
        Assert.Equal(2, socks.Connects);
        Assert.Equal(0, await world.Daemon.TerminateAsync());
        await world.ExpectKernelStateAsync(before);
    }

    [Fact]
    public async Task RouteInsideAnExcludedOne_GoesIntoTheDevice_AndNowhereWithoutIt()
    {
        await using World world = World.Create();
        world.StartServers();
        Socks5Server socks = world.StartSocks5();
        string configuration = world.Configuration($"socks5://{socks.EndPoint}").Replace("    routes: [",
            $"    killSwitch: true\n    excludedRoutes: [\"198.18.0.0/24\", \"fd98::/64\"]\n    routes: [\"{World.Web4}/32\", \"{World.Web6}/128\", ",
            StringComparison.Ordinal);
        string before = world.KernelState();
        await world.StartDaemonAsync(configuration);
        Assert.Equal("hello", Fetch(world, World.Web4).Output);
        Assert.Equal("hello", Fetch(world, World.Web6).Output);
        Assert.Equal(2, socks.Connects);
        using (Socket other = world.Tcp())
        {
            await other.ConnectAsync(World.Echo4);
            await other.EchoAsync();
        }

        Assert.Equal(2, socks.Connects);
        await AssertSoundAsync(world);
        await world.Daemon.KillAsync();
        Assert.NotEqual(0, Fetch(world, World.Web4, seconds: 2).ExitCode);
        Assert.NotEqual(0, Fetch(world, World.Web6, seconds: 2).ExitCode);
        await world.StartDaemonAsync(configuration);
        Assert.Equal("hello", Fetch(world, World.Web4).Output);
        Assert.Equal(0, await world.Daemon.TerminateAsync());
        world.Execute(DaemonProcess.Locate(), "release");
        await world.ExpectKernelStateAsync(before);
    }

    private static async Task StartAsync(World world, string configuration, string node)
    {
        // The node is the one that setup makes: this machine's own may be root's alone.
        world.LaunchPowerless(configuration, User, "true", "--tun", node);
        await world.Daemon.WaitForReadyAsync();
        string status = await File.ReadAllTextAsync($"/proc/{world.Daemon.Id.ToString(CultureInfo.InvariantCulture)}/status");
        Assert.Contains("CapEff:\t0000000000000000", status, StringComparison.Ordinal);
        Assert.Contains("CapBnd:\t0000000000000000", status, StringComparison.Ordinal);
    }

    private static CommandResult Fetch(World world, string host, int seconds = 20)
    {
        CommandResult result = world.Client.Execute("curl", "-sS", "-m", $"{seconds}",
            host.Contains(':', StringComparison.Ordinal) ? $"http://[{host}]/" : $"http://{host}/");
        return result with { Output = result.Output.Trim() };
    }

    private static async Task AssertSoundAsync(World world)
    {
        Protocol.V1.DiagnoseRoutingResponse routing = await world.Api.Diagnostics.DiagnoseRoutingAsync(new Protocol.V1.DiagnoseRoutingRequest());
        Assert.Empty(routing.Findings);
    }

    // The interface is there and nobody reads it: what goes in is lost, and an application may wait for as long as it likes.
    private static void AssertBlocked(World world)
    {
        foreach (string host in (string[])[World.Web4, World.Web6])
        {
            CommandResult blocked = Fetch(world, host, seconds: 2);
            Assert.True(blocked.ExitCode is 7 or 28 && blocked.Output.Length == 0, $"{host}: {blocked.ExitCode} {blocked.Output} {blocked.Error}");
        }
    }
}
