using CsCheck;
using NetControl.Engine.Devices;
using NetControl.Network;

namespace NetControl.Engine.Tests.Devices;

/// <summary>Of an excluded route and a route inside it, the more specific one holds.</summary>
public sealed class ExcludedRangesTests
{
    [Theory]
    [InlineData("0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/8")] // said twice: left out
    [InlineData("10.0.0.0/7", "10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("10.128.0.0/9", "10.0.0.0/8", "10.0.0.0/9")]
    [InlineData("10.96.0.10", "10.96.0.8/30", "10.96.0.8/31 10.96.0.11/32")]
    [InlineData("10.96.0.10 10.96.0.11", "10.96.0.8/30", "10.96.0.8/31")]
    [InlineData("10.96.0.10 10.96.0.10/31", "10.96.0.8/30", "10.96.0.8/31")]
    [InlineData("10.96.0.10/31", "10.96.0.8/30 10.96.0.11", "10.96.0.8/31 10.96.0.11/32")]
    [InlineData("192.0.2.1 ::/0 fd00::a", "10.0.0.0/8 fd00::8/126", "10.0.0.0/8 fd00::8/127 fd00::b/128")]
    public void Of_RoutesInside_AreCutOut(string routes, string excluded, string expected) =>
        Assert.Equal(expected, string.Join(' ', ExcludedRanges.Of(Spec(Prefixes(routes), Prefixes(excluded)))));

    [Fact]
    public void Of_AnyRoutes_LeavesExactlyWhatNoRouteIsMoreSpecificFor()
    {
        // Few bits, so that prefixes often lie in one another.
        Gen<IpAddr> address = Gen.UInt.Select(bits => IpAddr.FromV4(0x0A00_0000 | (bits & 0xF0)));
        Gen<IpPrefix[]> prefixes = Gen.Select(address, Gen.Int[22, 32], (a, length) => new IpPrefix(a, length).Network()).Array[0, 5];
        Gen.Select(prefixes, prefixes, address).Sample((routes, excluded, target) =>
        {
            IReadOnlyList<IpPrefix> left = ExcludedRanges.Of(Spec(routes, excluded));
            int route = Longest(routes, target);
            Assert.Equal(Longest(excluded, target) is var best && best >= 0 && best >= route, Longest(left, target) >= 0);
        });
    }

    private static int Longest(IEnumerable<IpPrefix> prefixes, IpAddr target) =>
        prefixes.Where(prefix => prefix.Contains(target)).Select(prefix => prefix.Length).DefaultIfEmpty(-1).Max();

    private static DeviceSpec Spec(IpPrefix[] routes, IpPrefix[] excluded) =>
        new() { Name = "devices/tun0", InterfaceName = "tun0", Routes = routes, ExcludedRoutes = excluded };

    private static IpPrefix[] Prefixes(string text) =>
        [.. text.Split(' ').Select(part => IpPrefix.TryParse(part, out IpPrefix prefix) ? prefix : throw new FormatException(part))];
}
