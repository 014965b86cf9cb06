using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using NetControl.Protocol.V1;
using NetControl.Transport.Chains;

namespace NetControl.Server.Tests.Services;

public sealed class ResourceServicesTests
{
    [Fact]
    public async Task MainJob_OverTheApi_CreatesAttachesSwapsAndDeletes()
    {
        await using TestServer server = await TestServer.StartAsync(withDevice: false);
        Proxy direct = (await server.Proxies.CreateProxyAsync(new CreateProxyRequest { ProxyId = "direct" })).Proxy;
        Proxy socks = (await server.Proxies.CreateProxyAsync(
            new CreateProxyRequest { Proxy = new Proxy { Name = "proxies/socks", Config = "socks5://u:p@h:1080" } })).Proxy;
        Assert.Equal(("", "socks5://REDACTED@h:1080"), (direct.Config, socks.Config));
        Assert.Equal(TimeSpan.FromSeconds(30), direct.UdpIdleTimeout.ToTimeSpan());
        await server.Delegates.CreateDelegateAsync(
            new CreateDelegateRequest { DelegateId = "egress", Delegate = new() { Proxy = "proxies/direct" } });
        Device device = (await server.Devices.CreateDeviceAsync(
            new CreateDeviceRequest { DeviceId = "tun0", Device = new Device { Addresses = { "10.77.0.1/24" } } })).Device;
        Assert.Equal(Device.Types.State.Blocked, device.State);
        await server.Devices.AttachStreamDialerAsync(
            new AttachStreamDialerRequest { Name = device.Name, StreamDialer = "delegates/egress" });
        device = (await server.Devices.AttachPacketProxyAsync(
            new AttachPacketProxyRequest { Name = device.Name, PacketProxy = "proxies/socks" })).Device;
        Assert.Equal((Device.Types.State.Ready, 3, "tun0"), (device.State, device.Generation, device.Interface));

        server.Test.Engine.Open();
        SwapDelegateResponse swap = await server.Delegates.SwapDelegateAsync(
            new SwapDelegateRequest { Name = "delegates/egress", Proxy = "proxies/socks" });
        Assert.Equal((2, 1, 0, 0), (swap.Generation, swap.SessionsKept, swap.SessionsDraining, swap.SessionsClosed));

        Assert.Single((await server.Devices.ListDevicesAsync(new ListDevicesRequest())).Devices);
        Assert.Equal(device.Etag, (await server.Devices.GetDeviceAsync(new GetDeviceRequest { Name = device.Name })).Device.Etag);
        await server.Devices.DetachStreamDialerAsync(new DetachStreamDialerRequest { Name = device.Name });
        device = (await server.Devices.DetachPacketProxyAsync(new DetachPacketProxyRequest { Name = device.Name })).Device;
        Assert.Equal(Device.Types.State.Blocked, device.State);
        await server.Devices.DeleteDeviceAsync(new DeleteDeviceRequest { Name = device.Name, Force = true });
        await server.Delegates.DeleteDelegateAsync(new DeleteDelegateRequest { Name = "delegates/egress" });
        await server.Proxies.DeleteProxyAsync(new DeleteProxyRequest { Name = "proxies/socks" });
        Assert.Single((await server.Proxies.ListProxiesAsync(new ListProxiesRequest())).Proxies);
    }

    [Fact]
    public async Task LimitsAndFiltering_ReachTheEngine_AndAreReadBackAsAskedFor()
    {
        await using TestServer server = await TestServer.StartAsync(withDevice: false);
        DeviceLimits limits = new() { MaxUdpSessions = 7, MaxBufferBytes = 2 << 20 };
        Device asked = new() { Name = "devices/tun0", UdpFiltering = UdpFiltering.AddressDependent, Limits = limits };
        Device device = (await server.Devices.CreateDeviceAsync(new CreateDeviceRequest { Device = asked })).Device;
        Assert.Equal((limits, UdpFiltering.AddressDependent), (device.Limits, device.UdpFiltering));
        Engine.Devices.DeviceSpec spec = server.Test.Engine.Devices[0].Spec;
        Assert.Equal(new Engine.Devices.DeviceLimits { MaxUdpSessions = 7, MaxBufferBytes = 2 << 20 }, spec.Limits);
        Assert.Equal(Engine.Devices.UdpFiltering.AddressDependent, spec.UdpFiltering);
        await server.Devices.DeleteDeviceAsync(new DeleteDeviceRequest { Name = device.Name });
        device = (await server.Devices.CreateDeviceAsync(new CreateDeviceRequest { DeviceId = "tun0" })).Device;
        Assert.Equal((null, UdpFiltering.EndpointIndependent), (device.Limits, device.UdpFiltering));
    }

    [Fact]
    public async Task TcpSettings_ReachTheEngine_AndAreReadBackAsAskedFor()
    {
        await using TestServer server = await TestServer.StartAsync(withDevice: false);
        KeepAlive keepAlive = new() { Idle = Duration.FromTimeSpan(TimeSpan.FromMinutes(10)), Probes = 3 };
        Device asked = new() { Name = "devices/tun0", CongestionControl = CongestionControl.NewReno, KeepAlive = keepAlive };
        Device device = (await server.Devices.CreateDeviceAsync(new CreateDeviceRequest { Device = asked })).Device;
        Assert.Equal((CongestionControl.NewReno, keepAlive), (device.CongestionControl, device.KeepAlive));
        Engine.Devices.DeviceSpec spec = server.Test.Engine.Devices[0].Spec;
        Assert.Equal(Engine.Devices.CongestionControl.NewReno, spec.CongestionControl);
        Assert.Equal(new Engine.Devices.KeepAlive { Idle = TimeSpan.FromMinutes(10), Probes = 3 }, spec.KeepAlive);
        await server.Devices.DeleteDeviceAsync(new DeleteDeviceRequest { Name = device.Name });
        device = (await server.Devices.CreateDeviceAsync(new CreateDeviceRequest
        {
            DeviceId = "tun0",
            Device = new Device { KeepAlive = new KeepAlive { Disabled = true } },
        })).Device;
        Assert.Equal((CongestionControl.Cubic, new KeepAlive { Disabled = true }), (device.CongestionControl, device.KeepAlive));
        Assert.Equal(TimeSpan.Zero, server.Test.Engine.Devices[1].Spec.KeepAlive.Idle);
    }

    [Fact]
    public async Task TcpSettings_OutOfRange_AreAllReported()
    {
        await using TestServer server = await TestServer.StartAsync(withDevice: false);
        KeepAlive keepAlive = new() { Disabled = true, Interval = Duration.FromTimeSpan(TimeSpan.FromHours(2)), Probes = 101 };
        RichError error = await RichError.OfAsync(async () => await server.Devices.CreateDeviceAsync(
            new CreateDeviceRequest { Device = new Device { Name = "devices/tun0", KeepAlive = keepAlive } }));
        Assert.Equal(["device.keep_alive.disabled", "device.keep_alive.interval", "device.keep_alive.probes"], error.Fields);
    }

    [Fact]
    public async Task InvalidDevice_ReportsEveryViolationAsBadRequest()
    {
        await using TestServer server = await TestServer.StartAsync(withDevice: false);
        Device device = new()
        {
            Name = "devices/tun0",
            Mtu = 5,
            Addresses = { "10.0.0.1/24", "10.77.0.1/33" },
            Routes = { "198.18.0.1/15" },
            PacketProxy = "x"
        };
        RichError error = await RichError.OfAsync(async () =>
            await server.Devices.CreateDeviceAsync(new CreateDeviceRequest { Device = device }));
        Assert.Equal((StatusCode.InvalidArgument, "INVALID_ARGUMENT", "netcontrol.io"), (error.Code, error.Reason, error.Domain));
        Assert.Equal(["device.mtu", "device.addresses[1]", "device.routes[0]", "device.packet_proxy"], error.Fields);
        Assert.Empty(server.Test.Engine.Devices);
    }

    [Fact]
    public async Task ManyViolations_StayBelowTheTrailerLimit()
    {
        await using TestServer server = await TestServer.StartAsync(withDevice: false);
        Device device = new() { Name = "devices/tun0" };
        device.Addresses.AddRange(Enumerable.Range(0, 1000).Select(i => $"bad-{i}"));
        RichError error = await RichError.OfAsync(async () =>
            await server.Devices.CreateDeviceAsync(new CreateDeviceRequest { Device = device }));
        Assert.InRange(error.Status.CalculateSize(), 1000, 8 * 1024);
        Assert.Contains("more", RichError.Detail<BadRequest>(error.Status)!.FieldViolations[^1].Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SwapToAProxyThatDoesNotExist_IsNotFound_AndChangesNothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        RichError error = await RichError.OfAsync(async () =>
            await server.Delegates.SwapDelegateAsync(new SwapDelegateRequest { Name = "delegates/egress", Proxy = "proxies/none" }));
        Assert.Equal((StatusCode.NotFound, "NOT_FOUND"), (error.Code, error.Reason));
        Assert.Equal("proxies/none", RichError.Detail<ResourceInfo>(error.Status)!.ResourceName);
        Assert.Equal(1, (await server.Delegates.GetDelegateAsync(
            new GetDelegateRequest { Name = "delegates/egress" })).Delegate.Generation);
    }

    [Fact]
    public async Task OldEtag_IsAborted()
    {
        await using TestServer server = await TestServer.StartAsync();
        SwapDelegateRequest request = new() { Name = "delegates/egress", Proxy = "proxies/b", Etag = "\"old-1\"" };
        RichError error = await RichError.OfAsync(async () => await server.Delegates.SwapDelegateAsync(request));
        Assert.Equal((StatusCode.Aborted, "ETAG_MISMATCH"), (error.Code, error.Reason));
    }

    [Fact]
    public async Task DeleteInUse_IsAFailedPrecondition()
    {
        await using TestServer server = await TestServer.StartAsync();
        RichError error = await RichError.OfAsync(async () =>
            await server.Proxies.DeleteProxyAsync(new DeleteProxyRequest { Name = "proxies/a" }));
        Assert.Equal((StatusCode.FailedPrecondition, "RESOURCE_IN_USE"), (error.Code, error.Reason));
        Assert.Equal("proxies/a", RichError.Detail<PreconditionFailure>(error.Status)!.Violations[0].Subject);
    }

    [Fact]
    public async Task SameRequestId_IsAnsweredOnce_AndAnotherBodyIsRefused()
    {
        await using TestServer server = await TestServer.StartAsync();
        SwapDelegateRequest request = new() { Name = "delegates/egress", Proxy = "proxies/b", RequestId = Guid.NewGuid().ToString() };
        Assert.Equal(2, (await server.Delegates.SwapDelegateAsync(request)).Generation);
        Assert.Equal(2, (await server.Delegates.SwapDelegateAsync(request)).Generation);
        request.Proxy = "proxies/a";
        RichError error = await RichError.OfAsync(async () => await server.Delegates.SwapDelegateAsync(request));
        Assert.Equal((StatusCode.InvalidArgument, "REQUEST_ID_REUSED"), (error.Code, error.Reason));
    }

    [Fact]
    public async Task ValidateOnly_ChecksAndChangesNothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        CreateDeviceRequest request = new() { DeviceId = "tun9", ValidateOnly = true };
        Assert.Equal("devices/tun9", (await server.Devices.CreateDeviceAsync(request)).Device.Name);
        Assert.Equal(StatusCode.NotFound,
            (await RichError.OfAsync(async () =>
            await server.Devices.GetDeviceAsync(new GetDeviceRequest { Name = "devices/tun9" }))).Code);
        Assert.Single(server.Test.Engine.Devices);
    }

    [Fact]
    public async Task UpdateProxy_ByMask_ChangesOnlyWhatItNames()
    {
        await using TestServer server = await TestServer.StartAsync();
        UpdateProxyRequest request = new()
        {
            Proxy = new Proxy { Name = "proxies/a", UdpIdleTimeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(5)) },
            UpdateMask = new FieldMask { Paths = { "udp_idle_timeout" } },
        };
        Proxy updated = (await server.Proxies.UpdateProxyAsync(request)).Proxy;
        Assert.Equal(("socks5://REDACTED@127.0.0.1:1080", 5, 2), (updated.Config, updated.UdpIdleTimeout.Seconds, updated.Generation));
        request.UpdateMask = new FieldMask { Paths = { "*" } };
        Assert.Equal("", (await server.Proxies.UpdateProxyAsync(request)).Proxy.Config);
        request.UpdateMask = new FieldMask { Paths = { "confg" } };
        Assert.Equal(["update_mask.paths[0]"],
            (await RichError.OfAsync(async () => await server.Proxies.UpdateProxyAsync(request))).Fields);
    }

    [Fact]
    public async Task RedactedConfig_SentBack_IsRefused()
    {
        await using TestServer server = await TestServer.StartAsync();
        Proxy read = (await server.Proxies.GetProxyAsync(new GetProxyRequest { Name = "proxies/a" })).Proxy;
        RichError error = await RichError.OfAsync(async () =>
            await server.Proxies.UpdateProxyAsync(new UpdateProxyRequest { Proxy = read }));
        Assert.Equal(["proxy.config"], error.Fields);
    }

    [Fact]
    public async Task Mutations_AfterShutdownBegan_AreUnavailableWithRetryInfo()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Test.Plane.BeginShutdown();
        RichError error = await RichError.OfAsync(async () =>
            await server.Proxies.CreateProxyAsync(new CreateProxyRequest { ProxyId = "c" }));
        Assert.Equal((StatusCode.Unavailable, "SHUTTING_DOWN"), (error.Code, error.Reason));
        Assert.NotNull(RichError.Detail<RetryInfo>(error.Status));
    }

    [Fact]
    public async Task EngineFaults_BecomeInternal_WithoutTheirText()
    {
        await using TestServer server = await TestServer.StartAsync(withDevice: false);
        server.Test.Engine.NextOpenFails = new InvalidOperationException("inner secret");
        RichError error = await RichError.OfAsync(async () =>
            await server.Devices.CreateDeviceAsync(new CreateDeviceRequest { DeviceId = "tun0" }));
        Assert.Equal((StatusCode.Internal, "INTERNAL"), (error.Code, error.Reason));
        Assert.DoesNotContain("secret", error.Status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServerInfo_NamesVersionHopsAndEpoch()
    {
        await using TestServer server = await TestServer.StartAsync();
        GetServerInfoResponse info = await server.Info.GetServerInfoAsync(new GetServerInfoRequest());
        Assert.Equal(HopRegistry.Standard.Types, info.HopTypes);
        Assert.Equal(server.Test.Plane.Events.Epoch, info.Epoch);
        Assert.NotEqual("", info.Version);
        Assert.Equal(
            new ProcessLimits
            {
                MaxSessions = 262_144,
                MaxHalfOpen = 16_384,
                MaxBufferBytes = 512 << 20,
                MaxReassemblyBytes = 32 << 20,
                MaxSessionBufferBytes = 4 << 20,
            },
            info.Limits.Process);
    }
}
