using CsCheck;

namespace NetControl.Network.Tests;

public sealed class IpPrefixTests
{
    private static readonly Gen<IpPrefix> Any =
        Gen.Select(IpAddrTests.Any, Gen.Int[0, 128], (address, length) => new IpPrefix(address, address.IsV4 ? length % 33 : length));

    [Theory]
    [InlineData("10.0.0.1/24", "10.0.0.1/24", "10.0.0.0/24")]
    [InlineData("10.0.0.1", "10.0.0.1/32", "10.0.0.1/32")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("198.18.7.9/15", "198.18.7.9/15", "198.18.0.0/15")]
    [InlineData("fd77::1/64", "fd77::1/64", "fd77::/64")]
    [InlineData("fd77::1", "fd77::1/128", "fd77::1/128")]
    [InlineData("::/0", "::/0", "::/0")]
    [InlineData("2001:db8:ffff::/33", "2001:db8:ffff::/33", "2001:db8:8000::/33")]
    public void TryParse_Prefix_ReadsItAndFindsItsNetwork(string text, string canonical, string network)
    {
        Assert.True(IpPrefix.TryParse(text, out IpPrefix prefix));
        Assert.Equal(canonical, prefix.ToString());
        Assert.Equal(network, prefix.Network().ToString());
        Assert.Equal(string.Equals(canonical, network, StringComparison.Ordinal), prefix.IsNetwork);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/24")]
    [InlineData("10.0.0.1/")]
    [InlineData("10.0.0.1/33")]
    [InlineData("10.0.0.1/-1")]
    [InlineData("10.0.0.1/+1")]
    [InlineData("10.0.0.1/24/24")]
    [InlineData("10.0.0.1/255.255.255.0")]
    [InlineData("10.0.0/24")]
    [InlineData("fd77::1/129")]
    [InlineData("example.com/24")]
    public void TryParse_AnythingElse_IsRefused(string text) => Assert.False(IpPrefix.TryParse(text, out _));

    [Theory]
    [InlineData("10.0.0.0/8", "10.255.255.255", true)]
    [InlineData("10.0.0.0/8", "11.0.0.0", false)]
    [InlineData("10.0.0.5/24", "10.0.0.200", true)]
    [InlineData("0.0.0.0/0", "255.255.255.255", true)]
    [InlineData("0.0.0.0/0", "::1", false)]
    [InlineData("::/0", "192.0.2.1", false)]
    [InlineData("::/0", "2001:db8::1", true)]
    [InlineData("fd77::/64", "fd77::ffff:0:0:1", true)]
    [InlineData("fd77::/64", "fd77:0:0:1::1", false)]
    public void Contains_Address_IsByFamilyAndBits(string prefix, string address, bool expected)
    {
        Assert.True(IpPrefix.TryParse(prefix, out IpPrefix value));
        Assert.Equal(expected, value.Contains(IpAddr.Parse(address)));
    }

    [Fact]
    public void Text_AnyPrefix_ComesBack() => Any.Sample(prefix => IpPrefix.TryParse(prefix.ToString(), out IpPrefix back) && back == prefix);

    [Fact]
    public void Network_AnyPrefix_IsItsOwnNetworkAndHoldsTheAddress() =>
        Any.Sample(prefix => prefix.Network().IsNetwork && prefix.Network().Contains(prefix.Address) && prefix.Contains(prefix.Address));
}
