using System.Net;
using CsCheck;

namespace NetControl.Network.Tests;

public sealed class AddrPortTests
{
    /// <summary>Addresses of both families with any port.</summary>
    internal static Gen<AddrPort> Any { get; } = Gen.Select(IpAddrTests.Any, Gen.UShort, (address, port) => new AddrPort(address, port));

    [Theory]
    [InlineData("192.0.2.1:53", "192.0.2.1:53")]
    [InlineData("0.0.0.0:0", "0.0.0.0:0")]
    [InlineData("[2001:db8::1]:65535", "[2001:db8::1]:65535")]
    [InlineData("[0000:0000:0000::0001]:83", "[::1]:83")]
    [InlineData("[::ffff:192.0.2.1]:1", "192.0.2.1:1")]
    public void TryParse_AddressAndPort_ReadsBoth(string text, string canonical)
    {
        Assert.True(AddrPort.TryParse(text, out AddrPort value));
        Assert.Equal(canonical, value.ToString());
        Assert.Equal(value, AddrPort.Parse(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData(":53")]
    [InlineData("192.0.2.1")]
    [InlineData("192.0.2.1:")]
    [InlineData("192.0.2.1:65536")]
    [InlineData("192.0.2.1:-1")]
    [InlineData("192.0.2.1:+1")]
    [InlineData("192.0.2.1: 1")]
    [InlineData("192.0.2.1:domain")]
    [InlineData("2001:db8::1:53")]
    [InlineData("[2001:db8::1]")]
    [InlineData("[2001:db8::1]53")]
    [InlineData("[192.0.2.1]:53")]
    [InlineData("example.com:53")]
    public void TryParse_AnythingElse_IsRefused(string text)
    {
        Assert.False(AddrPort.TryParse(text, out _));
        Assert.Throws<FormatException>(() => AddrPort.Parse(text));
    }

    [Fact]
    public void Text_AnyValue_ComesBack() => Any.Sample(value => AddrPort.Parse(value.ToString()) == value);

    [Fact]
    public void Framework_AnyValue_ComesBack() => Any.Sample(value =>
        AddrPort.From(value.ToIPEndPoint()) == value && IPEndPoint.Parse(value.ToString()).Equals(value.ToIPEndPoint()));

    [Fact]
    public void Equality_AnyTwo_NeedsAddressAndPort() => Gen.Select(Any, Any).Sample((a, b) =>
        a == b == (a.Address == b.Address && a.Port == b.Port) && a != b == !a.Equals((object)b) && a.GetHashCode() == new AddrPort(a.Address, a.Port).GetHashCode());

    [Fact]
    public void Parser_AnyText_NeverThrows() =>
        Gen.String[Gen.Char["0123456789abcdef.:[]%/ +-"], 0, 28].Sample(text => !AddrPort.TryParse(text, out AddrPort a) || AddrPort.Parse(a.ToString()) == a);
}
