using NetControl.ControlPlane.Configurations;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Storage;
using NetControl.ControlPlane.Tests.Fakes;
using NetControl.Engine;
using NetControl.Engine.Devices;

namespace NetControl.ControlPlane.Tests.Devices;

/// <summary>A device's settings change in place; only what needs another interface opens it anew.</summary>
public sealed class DeviceUpdateTests
{
    private const string Name = "devices/tun0";

    [Fact]
    public async Task Update_OfAddressesRoutesMtuLimitsAndFiltering_KeepsTheDeviceAndItsSessions()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        ulong session = test.Engine.Open().Id;
        FakeDevice device = Assert.Single(test.Engine.Devices);
        await UpdateAsync(test, d => d with
        {
            Mtu = 1400,
            Addresses = ["10.77.0.2/24"],
            Routes = ["198.18.0.0/15"],
            UdpFiltering = UdpFiltering.AddressDependent,
            Limits = d.Limits with { MaxTcpSessions = 7 },
        });
        Assert.Same(device, Assert.Single(test.Engine.Devices));
        Assert.False(device.Closed);
        Assert.Equal((1400, "10.77.0.2/24", "198.18.0.0/15", UdpFiltering.AddressDependent, 7), (
            device.Spec.Mtu, Assert.Single(device.Spec.Addresses).ToString(), Assert.Single(device.Spec.Routes).ToString(),
            device.Spec.UdpFiltering, device.Spec.Limits.MaxTcpSessions));
        Assert.Equal((2, 1400), (test.Plane.Devices.Get(Name).Meta.Generation, test.Plane.Devices.Get(Name).Status!.Mtu));
        Assert.Equal(1, test.Engine.LiveCount);
        Assert.True(test.Engine.Close(session));
    }

    [Fact]
    public async Task Update_OfAttachmentsAlone_AsksNothingOfTheEngine()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        await UpdateAsync(test, d => d with { PacketProxy = "proxies/b", AcceptImmediately = true });
        Assert.Empty(Assert.Single(test.Engine.Devices).Updates);
    }

    [Fact]
    public async Task Update_OfInterfaceQueuesOrOffload_OpensAnewAndAsksForForce()
    {
        foreach (Func<DeviceDraft, DeviceDraft> patch in (Func<DeviceDraft, DeviceDraft>[])
            [d => d with { Interface = "other" }, d => d with { Queues = 1 }, d => d with { DisableOffload = true }])
        {
            using TestPlane test = await TestPlane.WithDeviceAsync();
            test.Engine.Open();
            ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(() => UpdateAsync(test, patch));
            Assert.Equal(ControlPlaneError.ResourceInUse, e.Error);
            await test.Plane.Devices.UpdateAsync(Name, patch, "", force: true, MutationContext.Internal);
            Assert.Equal(2, test.Engine.Devices.Count);
            Assert.True(test.Engine.Devices[0].Closed);
        }
    }

    [Fact]
    public async Task Update_ThatTheEngineRefuses_ChangesNothing()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        FakeDevice device = test.Engine.Devices[0];
        device.NextUpdateFails = new EngineException(EngineError.KernelRefused, "no");
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(() => UpdateAsync(test, d => d with { Mtu = 1400 }));
        Assert.Equal((ControlPlaneError.KernelRefused, Name), (e.Error, e.Resource));
        Assert.Equal((1, 0), (test.Plane.Devices.Get(Name).Meta.Generation, device.Spec.Mtu));
        await UpdateAsync(test, d => d with { Mtu = 1400 });
    }

    [Fact]
    public async Task Update_ThatCannotBeStored_IsTakenBack()
    {
        RecordingStore store = new();
        using TestPlane test = await TestPlane.WithDeviceAsync(store: store);
        test.Engine.Open();
        FakeDevice device = test.Engine.Devices[0];
        DeviceSpec before = device.Spec;
        store.NextFails = new StorageException(StorageError.Full, "full");
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(
            () => UpdateAsync(test, d => d with { Routes = ["198.18.0.0/15"] }));
        Assert.Equal(ControlPlaneError.StorageFailed, e.Error);
        Assert.Equal([1, 0], device.Updates.Select(u => u.Routes.Count));
        Assert.Equal(before.Routes, device.Spec.Routes);
        Assert.False(device.Closed);
        Assert.Equal(1, test.Engine.LiveCount);
        Assert.Equal(1, test.Plane.Devices.Get(Name).Meta.Generation);
    }

    [Fact]
    public async Task Update_ThatCannotBeTakenBackEither_OpensTheDeviceAnew()
    {
        RecordingStore store = new();
        using TestPlane test = await TestPlane.WithDeviceAsync(store: store);
        FakeDevice device = test.Engine.Devices[0];
        device.AfterUpdate = () =>
        {
            device.AfterUpdate = null;
            device.NextUpdateFails = new EngineException(EngineError.KernelRefused, "no");
        };
        store.NextFails = new StorageException(StorageError.Full, "full");
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(() => UpdateAsync(test, d => d with { Mtu = 1400 }));
        Assert.Equal(ControlPlaneError.StorageFailed, e.Error);
        Assert.True(device.Closed);
        Assert.Equal((2, 0), (test.Engine.Devices.Count, test.Engine.Devices[1].Spec.Mtu));
        Assert.NotNull(test.Engine.Devices[1].StreamEgress);
    }

    [Fact]
    public async Task Apply_MovingARouteBetweenDevices_GivesBeforeItTakes()
    {
        using TestPlane test = new();
        List<string> order = [];
        await ApplyAsync(test, Device("devices/a", "198.18.0.0/16"), Device("devices/b", "198.19.0.0/16"));
        foreach (FakeDevice device in test.Engine.Devices)
        {
            device.AfterUpdate = () => order.Add($"{device.Spec.InterfaceName}: {string.Join(' ', device.Spec.Routes)}");
        }

        ApplyResult result = await ApplyAsync(test, Device("devices/a", "198.19.0.0/16"), Device("devices/b", "198.18.0.0/16"));
        Assert.Equal(["a: ", "b: ", "a: 198.19.0.0/16", "b: 198.18.0.0/16"], order);
        Assert.All(result.Steps, step => Assert.Equal((PlanAction.Update, 0), (step.Action, step.SessionsDisrupted)));
    }

    [Fact]
    public async Task Apply_MovingARouteToANewDevice_GivesBeforeItIsOpened()
    {
        using TestPlane test = new();
        await ApplyAsync(test, Device("devices/a", "198.18.0.0/16", "198.19.0.0/16"));
        FakeDevice a = test.Engine.Devices[0];
        bool opened = false;
        a.AfterUpdate = () => opened |= test.Engine.Devices.Count > 1 && a.Updates.Count == 1;
        await ApplyAsync(test, Device("devices/a", "198.18.0.0/16"), Device("devices/b", "198.19.0.0/16"));
        Assert.False(opened);
        Assert.Equal((2, 1), (test.Engine.Devices.Count, a.Spec.Routes.Count));
    }

    [Fact]
    public async Task Apply_ThatFailsAfterARouteWasGiven_GivesItBack()
    {
        using TestPlane test = new();
        await ApplyAsync(test, Device("devices/a", "198.18.0.0/16", "198.19.0.0/16"));
        test.Engine.NextOpenFails = new EngineException(EngineError.KernelRefused, "no");
        await Assert.ThrowsAsync<ControlPlaneException>(
            () => ApplyAsync(test, Device("devices/a", "198.18.0.0/16"), Device("devices/b", "198.19.0.0/16")));
        Assert.Equal(2, Assert.Single(test.Engine.Devices).Spec.Routes.Count);
    }

    private static DeviceDraft Device(string name, params string[] routes) => new() { Name = name, Routes = routes };

    private static Task<ApplyResult> ApplyAsync(TestPlane test, params DeviceDraft[] devices) =>
        test.Plane.Configuration.ApplyAsync(new ApplyRequest(new DesiredState { Devices = devices }), MutationContext.Internal);

    private static Task UpdateAsync(TestPlane test, Func<DeviceDraft, DeviceDraft> patch) =>
        test.Plane.Devices.UpdateAsync(Name, patch, "", force: false, MutationContext.Internal);
}
