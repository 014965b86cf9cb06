using Microsoft.Extensions.Logging.Abstractions;
using NetControl.Engine.Devices;
using NetControl.Testing;
using static NetControl.Engine.Tests.Devices.DeviceSpecs;

namespace NetControl.Engine.Tests.Devices;

/// <summary>What a process without privileges gets: an interface made ready for it, or an error that names the missing right.</summary>
public sealed class TunInterfaceCapabilityTests : IDisposable
{
    private readonly NetNamespace _space = NetNamespace.Create();

    public void Dispose() => _space.Dispose();

    [Fact]
    public void NewInterfaceWithoutNetAdmin_NamesTheCapability()
    {
        EngineException refused = Assert.Throws<EngineException>(() => OpenWithoutNetAdmin([], []));
        Assert.Equal(EngineError.MissingCapability, refused.Error);
        Assert.Contains("CAP_NET_ADMIN", refused.Message, StringComparison.Ordinal);
        Assert.Contains("ip tuntap add dev tun0 mode tun", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("multi_queue")]
    public void InterfaceMadeReadyBeforehand_NeedsNoCapability(string? flag)
    {
        _space.Ip(["tuntap", "add", "dev", "tun0", "mode", "tun", "user", "0", .. flag is null ? Array.Empty<string>() : [flag]]);
        _space.Ip("addr", "add", "10.77.0.1/24", "dev", "tun0");
        _space.Ip("link", "set", "tun0", "up");
        _space.Ip("route", "add", "198.18.0.0/15", "dev", "tun0");
        using TunInterface device = OpenWithoutNetAdmin(["10.77.0.1/24"], ["198.18.0.0/15"]);
        Assert.True(device.Status.Adopted);
        Assert.True(device.VnetHeader);
        Assert.Contains("tso4", device.Status.Offloads, StringComparer.Ordinal);
    }

    [Fact]
    public void InterfaceThatLacksSomething_WithoutNetAdmin_SaysWhat()
    {
        _space.Ip("tuntap", "add", "dev", "tun0", "mode", "tun");
        _space.Ip("link", "set", "tun0", "up");
        EngineException refused = Assert.Throws<EngineException>(() => OpenWithoutNetAdmin(["10.77.0.1/24"], []));
        Assert.Equal(EngineError.MissingCapability, refused.Error);
        Assert.Contains("add address 10.77.0.1/24", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void InterfaceOfAnotherUser_WithoutNetAdmin_IsBusy()
    {
        _space.Ip("tuntap", "add", "dev", "tun0", "mode", "tun", "user", "1234");
        EngineException refused = Assert.Throws<EngineException>(() => OpenWithoutNetAdmin([], []));
        Assert.Equal(EngineError.InterfaceBusy, refused.Error);
        Assert.Contains("belongs to user 1234", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DeviceNodeThatMayNotBeOpened_IsDenied()
    {
        string node = Path.Combine(Path.GetTempPath(), $"tun-{Environment.ProcessId}-denied");
        Assert.Equal(0, NetNamespace.RunCommand("mknod", "-m", "000", node, "c", "10", "200").ExitCode);
        try
        {
            EngineException refused = Assert.Throws<EngineException>(() => _space.Run(() =>
            {
                ThreadCapabilities.Drop(ThreadCapabilities.DacOverride);
                return TunInterface.Open(Spec([], []), new EngineOptions { TunPath = node }, 1, NullLogger.Instance);
            }));
            Assert.Equal(EngineError.TunDeviceDenied, refused.Error);
            Assert.Contains(node, refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(node);
        }
    }

    private TunInterface OpenWithoutNetAdmin(string[] addresses, string[] routes) => _space.Run(() =>
    {
        ThreadCapabilities.Drop(ThreadCapabilities.NetAdmin);
        return TunInterface.Open(Spec(addresses, routes), new EngineOptions(), 2, NullLogger.Instance);
    });
}
