using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NetControl.Testing.Daemon;

namespace NetControl.EndToEnd.Tests;

/// <summary>What is wrong is said once, clearly, with field, value and fix, and changes nothing.</summary>
public sealed class BadInputTests
{
    private const int InvalidConfiguration = 3;

    [Theory]
    [InlineData("addresses: [\"10.77.0.1/24\"", "adresses: [\"10.77.0.1/24\"", "devices[0].adresses", "adresses", "addresses")]
    [InlineData("10.77.0.1/24", "10.77.0.1/33", "devices[0].addresses[0]", "10.77.0.1/33", "")]
    [InlineData("198.18.0.0/15", "198.18.0.0", "devices[0].routes[0]", "198.18.0.0", "/")]
    [InlineData("proxy: proxies/a", "proxy: proxies/missing", "delegates[0].proxy", "proxies/missing", "")]
    [InlineData("streamDialer: delegates/egress", "streamDialer: delegates/egres", "devices[0].streamDialer", "delegates/egres", "delegates/egress")]
    [InlineData("config: \"\"", "config: \"socks7://1.2.3.4:5\"", "proxies[0].config", "socks7", "socks5")]
    [InlineData("config: \"\"", "config: \"\"\n    udpIdleTimeout: soon", "proxies[0].udpIdleTimeout", "soon", "30s")]
    [InlineData("name: devices/tun0", "name: tun0", "devices[0].name", "tun0", "devices/")]
    [InlineData("  - name: proxies/a", "  - name: proxies/a\n  - name: proxies/a", "proxies[1].name", "proxies/a", "")]
    [InlineData("http://127.0.0.1:9464", "127.0.0.1:9464", "listen.http", "127.0.0.1:9464", "http://")]
    [InlineData("unix:", "http://0.0.0.0:1234/", "listen.grpc[0]", "http://0.0.0.0:1234", "127.0.0.1")]
    public async Task WrongFile_Start_SaysFieldValueAndFixAndChangesNothing(string right, string wrong, string field, string value, string fix)
    {
        await using World world = World.Create();
        string configuration = world.Configuration("");
        Assert.Contains(right, configuration, StringComparison.Ordinal);
        await AssertRefusedAsync(world, configuration.Replace(right, wrong, StringComparison.Ordinal), InvalidConfiguration, [field, value, fix]);
    }

    [Fact]
    public async Task SeveralFaults_Start_SaysThemAllAtOnce()
    {
        await using World world = World.Create();
        string configuration = world.Configuration("ftp://x").Replace("10.77.0.1/24", "10.77.0.1/99", StringComparison.Ordinal);
        await AssertRefusedAsync(world, configuration, InvalidConfiguration, ["devices[0].addresses[0]", "proxies[0].config"]);
    }

    [Fact]
    public async Task PortInUse_Start_SaysWhichAndChangesNothing()
    {
        await using World world = World.Create();
        using Socket taken = world.Client.Run(() =>
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 9464));
            socket.Listen();
            return socket;
        });
        await AssertRefusedAsync(world, world.Configuration(""), 1, ["listen.http", "http://127.0.0.1:9464", "in use"]);
    }

    [Fact]
    public async Task NoCapability_Start_SaysWhichAndChangesNothing()
    {
        Tools.Require("setpriv");
        await using World world = World.Create();
        await AssertRefusedAsync(world, world.Configuration(""), 4, ["CAP_NET_ADMIN"], "setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin");
    }

    [Fact]
    public async Task NoTunDevice_Start_SaysSoAndChangesNothing()
    {
        await using World world = World.Create();
        await AssertRefusedAsync(
            world, world.Configuration(""), 5, ["/dev/net/tun"], "unshare", "-m", "sh", "-c", "mount -t tmpfs none /dev/net && exec \"$@\"", "sh");
    }

    [Fact]
    public async Task NoSuchFile_Start_SaysSo()
    {
        await using World world = World.Create();
        DaemonProcess daemon = DaemonProcess.Start("/nonexistent/netcontrol.yaml", ["ip", "netns", "exec", world.Client.Name]);
        await using (daemon)
        {
            Assert.Equal(InvalidConfiguration, await daemon.WaitForExitAsync());
            Assert.Contains("/nonexistent/netcontrol.yaml", daemon.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task InterfaceThatIsNoTun_Start_SaysSoAndChangesNothing()
    {
        await using World world = World.Create();
        string configuration = world.Configuration("").Replace("name: devices/tun0", "name: devices/tun0\n    interface: v0", StringComparison.Ordinal);
        string before = world.KernelState();
        DaemonProcess daemon = world.LaunchDaemon(configuration);
        Assert.NotEqual(0, await daemon.WaitForExitAsync());
        Assert.Contains("v0", daemon.Errors, StringComparison.Ordinal);
        await world.ExpectKernelStateAsync(before);
    }

    [Theory]
    [Trait("Category", "Smoke")]
    [InlineData("--help", 0)]
    [InlineData("--nonsense", 2)]
    public async Task CommandLine_HelpOrNonsense_EndsWithItsCode(string option, int code)
    {
        await using World world = World.Create();
        await using DaemonProcess daemon = DaemonProcess.Start(Path.Combine(world.Folder, "none.yaml"), ["ip", "netns", "exec", world.Client.Name], option);
        Assert.Equal(code, await daemon.WaitForExitAsync());
    }

    private static async Task AssertRefusedAsync(World world, string configuration, int code, string[] words, params string[] prefix)
    {
        string before = world.KernelState();
        DaemonProcess daemon = world.LaunchDaemon(configuration, prefix);
        int exit = await daemon.WaitForExitAsync();
        string errors = daemon.Errors;
        Assert.True(exit == code, $"exit code {exit.ToString(CultureInfo.InvariantCulture)}, wanted {code.ToString(CultureInfo.InvariantCulture)}:\n{errors}");
        Assert.All(words, word => Assert.Contains(word, errors, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        await world.ExpectKernelStateAsync(before);
    }
}
