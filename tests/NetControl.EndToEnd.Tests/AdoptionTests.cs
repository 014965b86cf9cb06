namespace NetControl.EndToEnd.Tests;

/// <summary>An interface that somebody else made is attached to, and given back as it was found.</summary>
public sealed class AdoptionTests
{
    [Theory]
    [Trait("Category", "Smoke")]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task PersistentTun_StartAndStop_IsGivenBackAsFound(bool multiQueue, bool prepared)
    {
        await using World world = World.Create();
        world.StartServers();
        world.Client.Ip(["tuntap", "add", "dev", "tun0", "mode", "tun", .. multiQueue ? (string[])["multi_queue"] : []]);
        if (prepared)
        {
            world.Client.Ip("addr", "add", "10.77.0.1/24", "dev", "tun0");
            world.Client.Ip("addr", "add", "fd77::1/64", "dev", "tun0", "nodad");
            world.Client.Ip("addr", "add", "10.78.0.1/24", "dev", "tun0");
            world.Client.Ip("link", "set", "tun0", "mtu", "1400", "up");
        }

        string before = world.KernelState();
        for (int i = 0; i < 2; i++)
        {
            await world.StartDaemonAsync(world.Configuration(""));
            Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
            Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://[{World.Web6}]/"));
            Assert.Equal(0, await world.Daemon.TerminateAsync());
            await world.ExpectKernelStateAsync(before);
        }
    }

    [Fact]
    public async Task PersistentTunWithEverything_AndNothingDeclared_Works()
    {
        await using World world = World.Create();
        world.StartServers();
        world.Client.Ip("tuntap", "add", "dev", "tun0", "mode", "tun");
        world.Client.Ip("addr", "add", "10.77.0.1/24", "dev", "tun0");
        world.Client.Ip("link", "set", "tun0", "up");
        world.Client.Ip("route", "add", "default", "dev", "tun0", "table", "100");
        world.Client.Ip("rule", "add", "from", "10.77.0.1", "table", "100");
        string before = world.KernelState();
        string configuration = world.Configuration("")
            .Replace("    addresses: [\"10.77.0.1/24\", \"fd77::1/64\"]\n", "", StringComparison.Ordinal)
            .Replace("    routes: [\"198.18.0.0/15\", \"fd98::/32\"]\n", "", StringComparison.Ordinal);
        await world.StartDaemonAsync(configuration);
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", "--interface", "10.77.0.1", $"http://{World.Web4}/"));
        Assert.Equal(1, (await world.Api.ReadMetricsAsync()).Sum("netcontrol_sessions_opened_total"));
        Assert.Equal(0, await world.Daemon.TerminateAsync());
        await world.ExpectKernelStateAsync(before);
    }
}
