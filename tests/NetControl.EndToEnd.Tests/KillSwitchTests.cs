using NetControl.Testing;
using NetControl.Testing.Daemon;
using NetControl.Testing.Proxies;

namespace NetControl.EndToEnd.Tests;

/// <summary>With the kill switch, nothing that is routed into a device finds another way while the process is dead.</summary>
public sealed class KillSwitchTests
{
    [Theory]
    [InlineData("198.18.0.0/15", "fd98::/32")]
    [InlineData("0.0.0.0/0", "::/0")]
    public async Task Killed_NothingLeaks_AndTheNextProcessServesAgain(string route4, string route6)
    {
        await using World world = World.Create();
        world.StartServers();
        Socks5Server socks = world.StartSocks5();
        string configuration = world.Configuration($"socks5://{socks.EndPoint}")
            .Replace("    routes: [\"198.18.0.0/15\", \"fd98::/32\"]\n", $"    killSwitch: true\n    routes: [\"{route4}\", \"{route6}\"]\n",
                StringComparison.Ordinal);
        Assert.Contains("killSwitch", configuration, StringComparison.Ordinal);
        Assert.Equal("hello", Fetch(world, World.Web4).Output.Trim()); // there is another way, which the client must not find
        string before = world.KernelState();
        await world.StartDaemonAsync(configuration);
        Assert.Equal("hello", Fetch(world, World.Web4).Output.Trim());
        Assert.Equal("hello", Fetch(world, World.Web6).Output.Trim());
        Assert.Equal(2, socks.Connects);

        await world.Daemon.KillAsync();
        AssertRefused(world);
        await world.StartDaemonAsync(configuration);
        Assert.Equal("hello", Fetch(world, World.Web4).Output.Trim());
        Assert.Equal(0, await world.Daemon.TerminateAsync());
        AssertRefused(world);

        // Switched off by the next configuration, nothing of it is left, and the other way is open again.
        await world.StartDaemonAsync(configuration);
        await world.Api.Devices.UpdateDeviceAsync(new Protocol.V1.UpdateDeviceRequest
        {
            Device = new Protocol.V1.Device { Name = "devices/tun0" },
            UpdateMask = new() { Paths = { "kill_switch" } },
        });
        Assert.Equal(0, await world.Daemon.TerminateAsync());
        await world.ExpectKernelStateAsync(before);
        Assert.Equal("hello", Fetch(world, World.Web4).Output.Trim());
    }

    [Fact]
    public async Task LeftBehind_IsReleasedByCommand()
    {
        await using World world = World.Create();
        world.StartServers();
        string before = world.KernelState();
        await world.StartDaemonAsync(world.Configuration("")
            .Replace("    routes:", "    killSwitch: true\n    routes:", StringComparison.Ordinal));
        await world.Daemon.KillAsync();
        AssertRefused(world);
        string log = Path.Combine(world.Folder, "released.jsonl");
        Assert.Contains("198.18.0.0/15: released", world.Execute(DaemonProcess.Locate(), "release", "--audit-log", log), StringComparison.Ordinal);
        Assert.Contains("\"cause\":\"RELEASED\",\"why\":\"the kill switches of 198.18.0.0/15", await File.ReadAllTextAsync(log), StringComparison.Ordinal);

        // The rules of the process that was killed go with the next start, or are nobody's; only the guard's are asked for here.
        Assert.DoesNotContain("prohibit", world.KernelState(), StringComparison.Ordinal);
        Assert.DoesNotContain("prohibit", before, StringComparison.Ordinal);
        Assert.Equal("hello", Fetch(world, World.Web4).Output.Trim());
    }

    private static CommandResult Fetch(World world, string host) =>
        world.Client.Execute("curl", "-sS", "-m", "20", host.Contains(':', StringComparison.Ordinal) ? $"http://[{host}]/" : $"http://{host}/");

    private static void AssertRefused(World world)
    {
        foreach (string host in (string[])[World.Web4, World.Web6])
        {
            CommandResult refused = Fetch(world, host);
            Assert.True(refused.ExitCode == 7, $"{host}: {refused.ExitCode} {refused.Output} {refused.Error}");
        }
    }
}
