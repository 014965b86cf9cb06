using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Errors;
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
    public void Create_WhenTheEngineRefuses_LeavesNothing(EngineError refused, ControlPlaneError expected)
    {
        using TestPlane test = new();
        test.Engine.NextOpenFails = new EngineException(refused, "no");
        DeviceDraft draft = new() { Name = "devices/tun0" };
        ControlPlaneException e = Assert.Throws<ControlPlaneException>(() => test.Plane.Devices.Create(draft, "", false));
        Assert.Equal((expected, "devices/tun0"), (e.Error, e.Resource));
        Assert.Empty(test.Plane.Devices.All());
        test.Plane.Devices.Create(draft, "", false);
    }

    [Fact]
    public void Create_WithAnAttachmentThatDoesNotExist_OpensNothing()
    {
        using TestPlane test = new();
        ControlPlaneException e = Assert.Throws<ControlPlaneException>(
            () => test.Plane.Devices.Create(new DeviceDraft { Name = "devices/tun0", StreamDialer = "delegates/none" }, "", false));
        Assert.Equal((ControlPlaneError.NotFound, "delegates/none"), (e.Error, e.Resource));
        Assert.Empty(test.Engine.Devices);
    }

    [Fact]
    public void AttachAndDetach_ChangePhaseAndGeneration()
    {
        using TestPlane test = new TestPlane().WithDevice();
        Assert.Equal(DevicePhase.Ready, test.Plane.Devices.Get("devices/tun0").Phase);
        test.Plane.Devices.DetachStreamDialer("devices/tun0", "", false);
        DeviceView blocked = test.Plane.Devices.DetachPacketProxy("devices/tun0", "", false);
        Assert.Equal((DevicePhase.Blocked, 3), (blocked.Phase, blocked.Meta.Generation));
        Assert.Null(test.Engine.Open().Egress);
        DeviceView attached = test.Plane.Devices.AttachStreamDialer("devices/tun0", "proxies/b", acceptImmediately: true, "", false);
        Assert.Equal((DevicePhase.Ready, true), (attached.Phase, attached.Spec.AcceptImmediately));
        SessionInfo session = test.Engine.Open();
        Assert.Equal(("proxies/b", "proxies/b", 0), (session.Egress!.DelegateName, session.Egress.ProxyName, session.Egress.Generation));
        Assert.Equal(attached.Meta.Etag, test.Plane.Devices.AttachStreamDialer("devices/tun0", "proxies/b", null, "", false).Meta.Etag);
    }

    [Fact]
    public async Task Delete_WithLiveSessions_NeedsForce()
    {
        using TestPlane test = new TestPlane().WithDevice();
        test.Engine.Open();
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(
            () => test.Plane.Devices.DeleteAsync("devices/tun0", "", false, false, CancellationToken.None));
        Assert.Equal(ControlPlaneError.ResourceInUse, e.Error);
        await test.Plane.Devices.DeleteAsync("devices/tun0", "", force: true, false, CancellationToken.None);
        Assert.True(test.Engine.Devices[0].Closed);
        Assert.Equal(0, test.Engine.LiveCount);
        Assert.Empty(test.Plane.Devices.All());
    }

    [Fact]
    public void DeleteDelegate_ByForce_DetachesItsDevices()
    {
        using TestPlane test = new TestPlane().WithDevice();
        Assert.Throws<ControlPlaneException>(() => test.Plane.Delegates.Delete("delegates/egress", "", false, false));
        test.Plane.Delegates.Delete("delegates/egress", "", force: true, false);
        DeviceView device = test.Plane.Devices.Get("devices/tun0");
        Assert.Equal((DevicePhase.Blocked, "", ""), (device.Phase, device.Spec.StreamDialer, device.Spec.PacketProxy));
    }

    [Fact]
    public void Create_OverlappingADeviceThatExists_IsRefused()
    {
        using TestPlane test = new TestPlane().WithDevice();
        ControlPlaneException e = Assert.Throws<ControlPlaneException>(
            () => test.Plane.Devices.Create(new DeviceDraft { Name = "devices/tun1", Addresses = ["10.77.0.9/24"] }, "device.", false));
        Assert.Equal("device.addresses[0]", Assert.Single(e.Violations).Field);
        Assert.Single(test.Plane.Devices.All());
    }

    [Fact]
    public async Task Shutdown_ClosesDevicesThenEndsTheStream_AndRefusesMutations()
    {
        using TestPlane test = new TestPlane().WithDevice();
        test.Engine.Open();
        await test.Plane.ShutdownAsync();
        Assert.True(test.Engine.Devices[0].Closed);
        ControlPlaneException e = Assert.Throws<ControlPlaneException>(() =>
            test.Plane.Proxies.Create(new ProxyDraft { Name = "proxies/c" }, "", false));
        Assert.Equal(ControlPlaneError.ShuttingDown, e.Error);
    }
}
