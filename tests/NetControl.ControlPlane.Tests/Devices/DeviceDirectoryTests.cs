using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Tests.Fakes;
using NetControl.Engine;
using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Tests.Devices;

public sealed class DeviceDirectoryTests
{
    [Theory]
    [InlineData(EngineError.MissingCapability, ControlPlaneError.MissingCapability)]
    [InlineData(EngineError.TunDeviceMissing, ControlPlaneError.TunDeviceMissing)]
    [InlineData(EngineError.TunDeviceDenied, ControlPlaneError.TunDeviceDenied)]
    [InlineData(EngineError.InterfaceBusy, ControlPlaneError.InterfaceBusy)]
    [InlineData(EngineError.KernelRefused, ControlPlaneError.KernelRefused)]
    public async Task Create_WhenTheEngineRefuses_LeavesNothing(EngineError refused, ControlPlaneError expected)
    {
        using TestPlane test = new();
        test.Engine.NextOpenFails = new EngineException(refused, "no");
        DeviceDraft draft = new() { Name = "devices/tun0" };
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(
            () => test.Plane.Devices.CreateAsync(draft, "", MutationContext.Internal));
        Assert.Equal((expected, "devices/tun0"), (e.Error, e.Resource));
        Assert.Empty(test.Plane.Devices.All());
        await test.Plane.Devices.CreateAsync(draft, "", MutationContext.Internal);
    }

    [Fact]
    public async Task Create_WithAnAttachmentThatDoesNotExist_OpensNothing()
    {
        using TestPlane test = new();
        DeviceDraft draft = new() { Name = "devices/tun0", StreamDialer = "delegates/none" };
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(
            () => test.Plane.Devices.CreateAsync(draft, "", MutationContext.Internal));
        Assert.Equal((ControlPlaneError.NotFound, "delegates/none"), (e.Error, e.Resource));
        Assert.Empty(test.Engine.Devices);
    }

    [Fact]
    public async Task AttachAndDetach_ChangePhaseAndGeneration()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        Assert.Equal(DevicePhase.Ready, test.Plane.Devices.Get("devices/tun0").Phase);
        await test.Plane.Devices.DetachStreamDialerAsync("devices/tun0", "", MutationContext.Internal);
        DeviceView blocked = await test.Plane.Devices.DetachPacketProxyAsync("devices/tun0", "", MutationContext.Internal);
        Assert.Equal((DevicePhase.Blocked, 3), (blocked.Phase, blocked.Meta.Generation));
        Assert.Null(test.Engine.Open().Egress);
        DeviceView attached = await test.Plane.Devices.AttachStreamDialerAsync(
            "devices/tun0", "proxies/b", acceptImmediately: true, "", MutationContext.Internal);
        Assert.Equal((DevicePhase.Ready, true), (attached.Phase, attached.Spec.AcceptImmediately));
        SessionInfo session = test.Engine.Open();
        Assert.Equal(("proxies/b", "proxies/b", 0), (session.Egress!.DelegateName, session.Egress.ProxyName, session.Egress.Generation));
        DeviceView again = await test.Plane.Devices.AttachStreamDialerAsync("devices/tun0", "proxies/b", null, "", MutationContext.Internal);
        Assert.Equal(attached.Meta.Etag, again.Meta.Etag);
    }

    [Fact]
    public async Task Delete_WithLiveSessions_NeedsForce()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        test.Engine.Open();
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(
            () => test.Plane.Devices.DeleteAsync("devices/tun0", "", false, MutationContext.Internal));
        Assert.Equal(ControlPlaneError.ResourceInUse, e.Error);
        await test.Plane.Devices.DeleteAsync("devices/tun0", "", force: true, MutationContext.Internal);
        Assert.True(test.Engine.Devices[0].Closed);
        Assert.Equal(0, test.Engine.LiveCount);
        Assert.Empty(test.Plane.Devices.All());
    }

    [Fact]
    public async Task DeleteDelegate_ByForce_DetachesItsDevices()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        await Assert.ThrowsAsync<ControlPlaneException>(
            () => test.Plane.Delegates.DeleteAsync("delegates/egress", "", false, MutationContext.Internal));
        await test.Plane.Delegates.DeleteAsync("delegates/egress", "", force: true, MutationContext.Internal);
        DeviceView device = test.Plane.Devices.Get("devices/tun0");
        Assert.Equal((DevicePhase.Blocked, "", ""), (device.Phase, device.Spec.StreamDialer, device.Spec.PacketProxy));
    }

    [Fact]
    public async Task Create_OverlappingADeviceThatExists_IsRefused()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        DeviceDraft draft = new() { Name = "devices/tun1", Addresses = ["10.77.0.9/24"] };
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(
            () => test.Plane.Devices.CreateAsync(draft, "device.", MutationContext.Internal));
        Assert.Equal("device.addresses[0]", Assert.Single(e.Violations).Field);
        Assert.Single(test.Plane.Devices.All());
    }

    [Fact]
    public async Task Shutdown_ClosesDevicesThenEndsTheStream_AndRefusesMutations()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        test.Engine.Open();
        await test.Plane.ShutdownAsync();
        Assert.True(test.Engine.Devices[0].Closed);
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(() =>
            test.Plane.Proxies.CreateAsync(new ProxyDraft { Name = "proxies/c" }, "", MutationContext.Internal));
        Assert.Equal(ControlPlaneError.ShuttingDown, e.Error);
    }
}
