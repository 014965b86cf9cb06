using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Storage;

namespace NetControl.ControlPlane.Tests.Fakes;

/// <summary>A control plane over a fake engine, with the usual two proxies, one delegate and one device when asked.</summary>
internal sealed class TestPlane : IDisposable
{
    public TestPlane(
        int eventCapacity = 4096, TimeProvider? time = null, IStateStore? store = null, FakeEngine? engine = null, ILogger? logger = null)
    {
        Engine = engine ?? new FakeEngine();
        Plane = new NetControlPlane(Engine, store ?? new MemoryStateStore(), time ?? TimeProvider.System, logger ?? NullLogger.Instance, eventCapacity);
    }

    public FakeEngine Engine { get; }

    public NetControlPlane Plane { get; }

    public static async Task<TestPlane> WithDeviceAsync(
        int eventCapacity = 4096, TimeProvider? time = null, IStateStore? store = null, FakeEngine? engine = null)
    {
        TestPlane test = new(eventCapacity, time, store, engine);
        await test.AddDeviceAsync();
        return test;
    }

    public async Task AddDeviceAsync()
    {
        MutationContext now = MutationContext.Internal;
        await Plane.Proxies.CreateAsync(new ProxyDraft { Name = "proxies/a", Config = "socks5://u:secret@127.0.0.1:1080" }, "", now);
        await Plane.Proxies.CreateAsync(new ProxyDraft { Name = "proxies/b" }, "", now);
        await Plane.Delegates.CreateAsync(new DelegateDraft("delegates/egress", "proxies/a"), "", now);
        DeviceDraft device = new()
        {
            Name = "devices/tun0",
            Addresses = ["10.77.0.1/24"],
            StreamDialer = "delegates/egress",
            PacketProxy = "delegates/egress",
        };
        await Plane.Devices.CreateAsync(device, "", now);
    }

    public void Dispose() => Plane.Dispose();
}
