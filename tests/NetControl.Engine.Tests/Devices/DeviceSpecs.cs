using NetControl.Engine.Devices;
using NetControl.Network;

namespace NetControl.Engine.Tests.Devices;

/// <summary>What the tests of interfaces wish for: tun0, with addresses and routes as text.</summary>
internal static class DeviceSpecs
{
    public static DeviceSpec Spec(string[] addresses, string[] routes) => new()
    {
        Name = "devices/tun0",
        InterfaceName = "tun0",
        Addresses = [.. addresses.Select(Prefix)],
        Routes = [.. routes.Select(Prefix)],
    };

    public static IpPrefix Prefix(string text)
    {
        Assert.True(IpPrefix.TryParse(text, out IpPrefix prefix));
        return prefix;
    }
}
