using System.Diagnostics;
using System.Globalization;
using NetControl.Protocol.V1;
using NetControl.Testing;

namespace NetControl.EndToEnd.Tests;

/// <summary>A node agent with privileges hands its TUN to a netcontrold without any, over a Unix socket.</summary>
public sealed class HandedOverTests
{
    private const string Nobody = "65534";

    private const string NoTun = "mount -t tmpfs none /dev/net";

    [Fact]
    public async Task ProcessWithoutAnyCapability_ServesATunThatWasHandedOver_AndAsksAgainAfterARestart()
    {
        Tools.Require("setpriv");
        await using World world = World.Create();
        world.StartServers();
        string upstream = await world.StartEgressAsync("socks5");
        string socket = Path.Combine(world.Folder, "agent.sock");
        string[] state = ["--state", Path.Combine(world.Folder, "state.db")];
        world.LaunchPowerless(world.ListenOnly, Nobody, NoTun, state);
        await world.Daemon.WaitForReadyAsync();
        await world.Api.Proxies.CreateProxyAsync(new CreateProxyRequest { Proxy = new Proxy { Name = "proxies/a", Config = upstream } });
        Device wish = new()
        {
            Name = World.Device,
            DescriptorSocket = socket,
            StreamDialer = "proxies/a",
            PacketProxy = "proxies/a",
        };
        Grpc.Core.RpcException refused = await Assert.ThrowsAsync<Grpc.Core.RpcException>(
            () => world.Api.Devices.CreateDeviceAsync(new CreateDeviceRequest { Device = wish }).ResponseAsync);
        Assert.Equal(Grpc.Core.StatusCode.FailedPrecondition, refused.StatusCode);
        Assert.Contains($"no descriptor from {socket}: No such file or directory", refused.Status.Detail, StringComparison.Ordinal);
        using (TunAgent agent = Start(world, socket))
        {
            Device made = (await world.Api.Devices.CreateDeviceAsync(new CreateDeviceRequest { Device = wish })).Device;
            Assert.Equal((Device.Types.State.Ready, "pod0", "", true), (made.State, made.Status.Interface, made.Interface, made.Status.Adopted));
            Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
            string status = await File.ReadAllTextAsync($"/proc/{world.Daemon.Id.ToString(CultureInfo.InvariantCulture)}/status");
            Assert.Contains("CapPrm:\t0000000000000000", status, StringComparison.Ordinal);
            Assert.Contains("CapBnd:\t0000000000000000", status, StringComparison.Ordinal);

            // The interface outlives the process: its agent has kept a descriptor.
            Assert.Equal(0, await world.Daemon.TerminateAsync());
            world.LaunchPowerless(world.ListenOnly, Nobody, NoTun, state);
            await world.Daemon.WaitForReadyAsync();
            Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
            Assert.Equal(0, await world.Daemon.TerminateAsync());
        }

        // Nobody is there to hand it over: the device waits, says for what, and serves as soon as somebody is.
        world.LaunchPowerless(world.ListenOnly, Nobody, NoTun, state);
        await world.Daemon.WaitForReadyAsync();
        Device waiting = (await world.Api.Devices.GetDeviceAsync(new GetDeviceRequest { Name = World.Device })).Device;
        Assert.Equal(Device.Types.State.Failed, waiting.State);
        Assert.StartsWith($"no descriptor from {socket}: ", waiting.StateMessage, StringComparison.Ordinal);
        using TunAgent late = Start(world, socket);
        Stopwatch patience = Stopwatch.StartNew();
        while ((await world.Api.Devices.GetDeviceAsync(new GetDeviceRequest { Name = World.Device })).Device.State != Device.Types.State.Ready)
        {
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(30), world.Daemon.Errors);
            await Task.Delay(50);
        }

        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        Assert.Equal(0, await world.Daemon.TerminateAsync());
    }

    private static TunAgent Start(World world, string socket)
    {
        TunAgent agent = TunAgent.Start(world.Client, socket, "pod0", queues: 2);
        world.Client.Ip("addr", "add", "10.77.0.1/24", "dev", "pod0");
        world.Client.Ip("link", "set", "pod0", "up");
        world.Client.Ip("route", "add", "198.18.0.0/15", "dev", "pod0");
        return agent;
    }
}
