using NetControl.ControlPlane.Specs;
using NetControl.Server.Configuration;

namespace NetControl.Server.Tests.Configuration;

public sealed class Ipv6PresenceTests : IDisposable
{
    private const string Loopback = "00000000000000000000000000000001 01 80 10 80       lo\n";
    private const string Ethernet = "fe80000000000000000000fffe000001 02 40 20 80     eth0\n";
    private readonly string _root = Directory.CreateTempSubdirectory("netcontrol-ipv6-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(Loopback, "1\n", true)]
    [InlineData("", "1\n", true)]
    [InlineData(null, null, true)] // a kernel without IPv6
    [InlineData(Loopback, "0\n", false)]
    [InlineData(Loopback + Ethernet, "0\n", false)]
    [InlineData(Loopback + Ethernet, "1\n", false)] // what goes out there would not be kept
    public void IsOff_OnlyWhereNothingCanGoOut(string? addresses, string? setting, bool expected)
    {
        Directory.CreateDirectory(Path.Combine(_root, "proc/net"));
        Directory.CreateDirectory(Path.Combine(_root, "proc/sys/net/ipv6/conf/default"));
        if (addresses is not null)
        {
            File.WriteAllText(Path.Combine(_root, "proc/net/if_inet6"), addresses);
        }

        if (setting is not null)
        {
            File.WriteAllText(Path.Combine(_root, "proc/sys/net/ipv6/conf/default/disable_ipv6"), setting);
        }

        Assert.Equal(expected, Ipv6Presence.IsOff(_root));
    }

    [Fact]
    public void Without_LeavesIpv4()
    {
        DesiredState all = new()
        {
            Devices =
            [
                new DeviceDraft
                {
                    Name = "devices/tun0",
                    Addresses = ["10.77.0.1/24", "fd77::1/64"],
                    Routes = ["0.0.0.0/0", "::/0"],
                    ExcludedRoutes = ["fc00::/7", "10.0.0.0/8"],
                },
            ],
        };
        DeviceDraft device = Assert.Single(Ipv6Presence.Without(all).Devices);
        Assert.Equal(["10.77.0.1/24"], device.Addresses);
        Assert.Equal(["0.0.0.0/0"], device.Routes);
        Assert.Equal(["10.0.0.0/8"], device.ExcludedRoutes);
    }
}
