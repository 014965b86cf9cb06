using System.Diagnostics;
using System.Globalization;
using System.Text;
using Grpc.Core;
using NetControl.EndToEnd.Tests.Crash;
using NetControl.Protocol.V1;
using NetControl.Testing;
using NetControl.Testing.Daemon;

namespace NetControl.EndToEnd.Tests;

/// <summary>A state file that cannot be used or written: said clearly, and nothing is lost.</summary>
public sealed class StorageTests
{
    private const int StateUnusable = 7;

    [Fact]
    [Trait("Category", "Smoke")]
    public async Task FullDisk_ChangesAreRefusedAndUndone_UntilThereIsSpace()
    {
        await using World world = World.Create();
        using SmallDisk disk = SmallDisk.Mount();
        world.StartServers();
        string[] options = ["--state", Path.Combine(disk.Path, "state.db")];
        await world.StartDaemonAsync(world.ListenOnly, options);
        MutationSource source = new(new Random(1));
        await source.Start(ModelState.Empty).Send(world.Api);
        ModelState state = await ModelState.ReadAsync(world.Api);
        string before = world.KernelState();

        disk.Fill();
        Device device = new() { Name = "devices/t1", Addresses = { "10.78.0.1/24" }, Routes = { "198.51.100.0/24" }, StreamDialer = "delegates/egress" };
        CreateDeviceRequest create = new() { Device = device, RequestId = Guid.NewGuid().ToString() };
        UpdateDeviceRequest update = new()
        {
            Device = new Device { Name = "devices/tun0", Routes = { "198.18.0.0/16", "203.0.113.0/24" } },
            UpdateMask = new Google.Protobuf.WellKnownTypes.FieldMask { Paths = { "routes" } },
        };
        await RefusedAsync(async () => await world.Api.Devices.CreateDeviceAsync(create));
        await RefusedAsync(async () => await world.Api.Devices.UpdateDeviceAsync(update));
        await RefusedAsync(async () => await world.Api.Devices.DeleteDeviceAsync(new DeleteDeviceRequest { Name = "devices/tun0", Force = true }));
        await RefusedAsync(async () => await world.Api.Delegates.SwapDelegateAsync(new SwapDelegateRequest { Name = "delegates/egress", Proxy = "proxies/b" }));
        Assert.Equal("", state.Compare(await ModelState.ReadAsync(world.Api)));
        Assert.Equal(before, world.KernelState());
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        Assert.Equal(4, (await world.Api.ReadMetricsAsync()).Sum("netcontrol_storage_failures_total", ("reason", "full")));

        disk.Free();
        await world.Api.Devices.CreateDeviceAsync(create); // with the request id that was refused
        await world.Api.Devices.UpdateDeviceAsync(update);
        ModelState after = await ModelState.ReadAsync(world.Api);
        Assert.Equal(state.Revision + 2, after.Revision);
        await world.Daemon.KillAsync();
        disk.Fill();
        await world.StartDaemonAsync(world.ListenOnly, options);
        Assert.Equal("", after.Compare(await ModelState.ReadAsync(world.Api)));
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        Assert.Equal(0, await world.Daemon.TerminateAsync());
    }

    [Theory]
    [InlineData("in use", "another netcontrold has it open")]
    [InlineData("read-only", "cannot be opened for writing")]
    [InlineData("no directory", "make the directory")]
    [InlineData("no database", "restore it, move it away")]
    public async Task StateFileThatCannotBeUsed_EndsWithSevenThePathAndTheFix(string what, string fix)
    {
        await using World world = World.Create();
        using SmallDisk disk = SmallDisk.Mount();
        string path = Path.Combine(disk.Path, "state.db");
        string before = world.KernelState();
        switch (what)
        {
            case "in use":
                await world.StartDaemonAsync(world.ListenOnly, "--state", path);
                break;
            case "read-only":
                disk.MakeReadOnly();
                break;
            case "no directory":
                path = Path.Combine(disk.Path, "none", "state.db");
                break;
            default:
                await File.WriteAllTextAsync(path, string.Concat(Enumerable.Repeat("this is my diary\n", 100)));
                break;
        }

        string file = Path.Combine(world.Folder, "second.yaml");
        await File.WriteAllTextAsync(file, string.Create(CultureInfo.InvariantCulture, $"""
            listen:
              grpc: ["unix:{world.Folder}/second.sock"]
              http: "http://127.0.0.1:9465"

            """));
        long start = Stopwatch.GetTimestamp();
        await using DaemonProcess second = DaemonProcess.Start(file, ["ip", "netns", "exec", world.Client.Name], "--state", path);
        Assert.Equal(StateUnusable, await second.WaitForExitAsync());
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20), "it took its time to say so");
        Assert.Contains(path, second.Errors, StringComparison.Ordinal);
        Assert.Contains(fix, second.Errors, StringComparison.Ordinal);
        Assert.Contains("--state", second.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", second.Errors, StringComparison.Ordinal);
        Assert.Equal(before, world.KernelState());
        if (what == "in use")
        {
            await world.Api.Proxies.CreateProxyAsync(new CreateProxyRequest { Proxy = new Proxy { Name = "proxies/still" } });
        }
    }

    [Fact]
    public async Task TwoProcessesInOneNamespace_OneKilled_TheOtherKeepsItsRulesAndTheNextOneCleansUp()
    {
        await using World world = World.Create();
        world.StartServers();
        string before = world.KernelState();
        await world.StartDaemonAsync(world.Configuration(""));
        string alone = world.KernelState();
        string file = Path.Combine(world.Folder, "second.yaml");
        await File.WriteAllTextAsync(file, string.Create(CultureInfo.InvariantCulture, $"""
            listen:
              grpc: ["unix:{world.Folder}/second.sock"]
              http: "http://127.0.0.1:9465"
            devices:
              - name: devices/t1
                addresses: ["10.78.0.1/24"]
                routes: ["198.51.100.0/24", "0.0.0.0/0"]

            """));
        for (int i = 0; i < 2; i++)
        {
            await using DaemonProcess second = DaemonProcess.Start(file, ["ip", "netns", "exec", world.Client.Name]);
            await second.WaitForReadyAsync();
            Assert.NotEqual(alone, world.KernelState(), StringComparer.Ordinal);
            await (i == 0 ? second.KillAsync() : second.TerminateAsync());
        }

        // The second run took over what the first one left, and removed it; the rule that both used has stayed.
        Assert.Equal(alone, world.KernelState());
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        Assert.Equal(0, await world.Daemon.TerminateAsync());
        Assert.Equal(before, world.KernelState());
    }

    [Fact]
    public async Task StartThatFails_AfterAKill_LeavesNothingOfEither()
    {
        await using World world = World.Create();
        world.Client.Ip("tuntap", "add", "dev", "tun0", "mode", "tun", "vnet_hdr");
        world.Client.Execute("sysctl", "-qw", "net.ipv6.conf.tun0.disable_ipv6=1");
        world.Client.Ip("link", "set", "tun0", "up");
        string before = world.KernelState();
        string four = world.Configuration("").Replace(", \"fd77::1/64\"", "", StringComparison.Ordinal)
            .Replace(", \"fd98::/32\"", "", StringComparison.Ordinal);
        await world.StartDaemonAsync(four);
        await world.Daemon.KillAsync();
        Assert.Contains("proto 78", world.KernelState(), StringComparison.Ordinal);

        // Its addresses, routes and rules are wanted, but its routes cannot all be had.
        world.Client.Ip("route", "add", "203.0.113.0/24", "dev", "v0", "table", "20035");
        DaemonProcess refused = world.LaunchDaemon(four.Replace("\"198.18.0.0/15\"", "\"198.18.0.0/15\", \"203.0.113.0/24\"", StringComparison.Ordinal));
        Assert.Equal(6, await refused.WaitForExitAsync());
        Assert.Contains("203.0.113.0/24", refused.Errors, StringComparison.Ordinal);
        world.Client.Ip("route", "del", "203.0.113.0/24", "dev", "v0", "table", "20035");
        Assert.Equal(before, world.KernelState());
    }

    private static async Task RefusedAsync(Func<Task> call)
    {
        RpcException e = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
        Assert.Contains("nothing was changed", e.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("free some", e.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("STORAGE_FAILED", Encoding.ASCII.GetString(e.Trailers.GetValueBytes("grpc-status-details-bin")!), StringComparison.Ordinal);
    }
}
