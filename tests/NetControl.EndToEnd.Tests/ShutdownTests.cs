using System.Net.Sockets;
using NetControl.Protocol.V1;
using NetControl.Testing.Daemon;

namespace NetControl.EndToEnd.Tests;

/// <summary>How the process ends, and what it leaves behind.</summary>
public sealed class ShutdownTests
{
    [Fact]
    [Trait("Category", "Smoke")]
    public async Task SigTerm_WithLiveSessions_TellsTheirCauseAndLeavesNothing()
    {
        await using World world = World.Create();
        world.StartServers();
        string before = world.KernelState();
        await world.StartDaemonAsync(world.Configuration(""));
        await using SessionLedger ledger = await world.FollowAsync();
        using Socket tcp = world.Tcp();
        await tcp.ConnectAsync(World.Echo4);
        await tcp.EchoAsync();
        using Socket udp = world.Udp(AddressFamily.InterNetworkV6);
        await udp.ConnectAsync(World.Echo6);
        await udp.EchoAsync();
        Task<string> download = world.DownloadAsync(World.Web4, 1 << 30, 10 << 20);
        await ledger.WaitUntilAsync(l => l.Opened == 3);

        Assert.Equal(0, await world.Daemon.TerminateAsync());
        await ledger.Ended;
        Assert.Null(ledger.Fault);
        Assert.Equal(StreamEnd.Types.Reason.Shutdown, ledger.EndReason);
        Assert.Empty(ledger.Read(l => l.Live.Keys.ToArray()));
        Assert.All(ledger.Read(l => l.Closed.ToArray()), session => Assert.Equal(SessionCause.Shutdown, session.Cause));
        await world.ExpectKernelStateAsync(before);
        Assert.False(File.Exists(world.SocketPath), "the Unix socket was left behind");
        await Assert.ThrowsAnyAsync<Exception>(() => download);
    }

    [Fact]
    public async Task SigTerm_WithADrainTimeout_LetsSessionsFinish_RefusesNewOnes_AndCutsTheRestAtTheDeadline()
    {
        await using World world = World.Create();
        world.StartServers();
        await world.StartDaemonAsync(world.Configuration(""), "--drain-timeout", "5s");
        await using SessionLedger ledger = await world.FollowAsync();
        using Socket finishing = world.Tcp();
        await finishing.ConnectAsync(World.Echo4);
        await finishing.EchoAsync();
        using Socket staying = world.Tcp();
        await staying.ConnectAsync(World.Echo4);
        await ledger.WaitUntilAsync(l => l.Opened == 2);
        Task<int> end = world.Daemon.TerminateAsync();
        await world.ExpectStateAsync(Device.Types.State.Draining);
        using (Socket late = world.Tcp())
        {
            SocketException refused = await Assert.ThrowsAsync<SocketException>(() => late.ConnectAsync(World.Echo4));
            Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        }

        Assert.StartsWith("503", world.Execute("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:9464/readyz"), StringComparison.Ordinal);
        Assert.Equal("ok", world.Execute("curl", "-s", "http://127.0.0.1:9464/healthz"));
        await finishing.EchoAsync();
        finishing.Close();
        Assert.Equal(0, await end);
        await ledger.Ended;
        SessionCause[] causes = ledger.Read(l => l.Closed.Select(session => session.Cause).Order().ToArray());
        Assert.Equal(3, causes.Length);
        Assert.Contains(SessionCause.Drained, causes);
        Assert.DoesNotContain(SessionCause.Shutdown, causes);
        Assert.Contains("the time to drain is over: ended 1 sessions", world.Daemon.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SigKill_ThenStart_WorksAgain()
    {
        await using World world = await World.StartAsync();
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        world.Daemon.Signal("KILL");
        await world.Daemon.WaitForExitAsync();
        await world.StartDaemonAsync(world.Configuration(""));
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://[{World.Web6}]/"));
        Assert.Equal(0, await world.Daemon.TerminateAsync());
    }

    [Fact]
    public async Task DeviceDeleted_OverGrpc_TakesEverythingBackAndCanBeMadeAgain()
    {
        await using World world = World.Create();
        world.StartServers();
        string before = world.KernelState();
        await world.StartDaemonAsync(world.Configuration(""));
        Device device = (await world.Api.Devices.GetDeviceAsync(new GetDeviceRequest { Name = World.Device })).Device;
        Assert.Equal(Device.Types.State.Ready, device.State);
        await world.Api.Devices.DeleteDeviceAsync(new DeleteDeviceRequest { Name = World.Device, Force = true });
        await world.ExpectKernelStateAsync(before);
        Device fresh = new() { Name = World.Device, StreamDialer = World.Delegate };
        fresh.Addresses.Add("10.77.0.1/24");
        fresh.Routes.Add("198.18.0.0/15");
        Device made = (await world.Api.Devices.CreateDeviceAsync(new CreateDeviceRequest { Device = fresh })).Device;
        Assert.NotEqual(device.Uid, made.Uid, StringComparer.Ordinal);
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
    }

    [Fact]
    public async Task DefaultRoute_IntoTheDevice_DoesNotLoop()
    {
        await using World world = World.Create();
        world.StartServers();
        await world.StartDaemonAsync(world.Configuration("").Replace("\"198.18.0.0/15\", \"fd98::/32\"", "\"0.0.0.0/0\", \"::/0\"", StringComparison.Ordinal));
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://[{World.Web6}]/"));
        Assert.Equal(2, (await world.Api.ReadMetricsAsync()).Sum("netcontrol_sessions_opened_total"));
    }
}
