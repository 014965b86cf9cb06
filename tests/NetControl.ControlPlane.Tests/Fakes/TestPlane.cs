using Microsoft.Extensions.Logging.Abstractions;
using NetControl.ControlPlane.Specs;

namespace NetControl.ControlPlane.Tests.Fakes;

/// <summary>A control plane over a fake engine, with the usual two proxies, one delegate and one device when asked.</summary>
internal sealed class TestPlane : IDisposable
{
    public TestPlane(int eventCapacity = 4096, TimeProvider? time = null)
    {
        Plane = new NetControlPlane(Engine, time ?? TimeProvider.System, NullLogger.Instance, eventCapacity);
    }

    public FakeEngine Engine { get; } = new();

    public NetControlPlane Plane { get; }

    public TestPlane WithDevice()
    {
        Plane.Proxies.Create(new ProxyDraft { Name = "proxies/a", Config = "socks5://u:secret@127.0.0.1:1080" }, "", false);
        Plane.Proxies.Create(new ProxyDraft { Name = "proxies/b" }, "", false);
        Plane.Delegates.Create(new DelegateDraft("delegates/egress", "proxies/a"), "", false);
        Plane.Devices.Create(
            new DeviceDraft
            {
                Name = "devices/tun0",
                Addresses = ["10.77.0.1/24"],
                StreamDialer = "delegates/egress",
                PacketProxy = "delegates/egress"
            }, "", false);
        return this;
    }

    public void Dispose() => Plane.Dispose();
}
