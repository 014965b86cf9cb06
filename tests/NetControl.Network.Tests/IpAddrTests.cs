using System.Net;
using System.Net.Sockets;
using CsCheck;

namespace NetControl.Network.Tests;

public sealed class IpAddrTests
{
    private static readonly Gen<IpAddr> AnyV4 = Gen.UInt.Select(IpAddr.FromV4);
    private static readonly Gen<IpAddr> AnyV6 = Gen.Byte.Array[16].Select(bytes => IpAddr.ReadV6(bytes));

    /// <summary>Addresses of both families.</summary>
    internal static Gen<IpAddr> Any { get; } = Gen.OneOf(AnyV4, AnyV6);

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("255.255.255.255", "255.255.255.255")]
    [InlineData("::", "::")]
    [InlineData("::1", "::1")]
    [InlineData("[::1]", "::1")]
    [InlineData("0000:0000:0000::0001", "::1")]
    [InlineData("2001:DB8:0:0:0:0:0:1", "2001:db8::1")]
    [InlineData("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    [InlineData("fe80::1", "fe80::1")]
    public void TryParse_Address_ReadsItAndWritesTheCanonicalText(string text, string canonical)
    {
        Assert.True(IpAddr.TryParse(text, out IpAddr address));
        Assert.Equal(canonical, address.ToString());
        Assert.Equal(address, IpAddr.Parse(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("1")]
    [InlineData("127.1")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("256.0.0.1")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.4 ")]
    [InlineData("1.2.3.4/24")]
    [InlineData("1..2.3")]
    [InlineData("1.2.3.")]
    [InlineData("[192.0.2.1]")]
    [InlineData("[::1]:53")]
    [InlineData("[]")]
    [InlineData("[::1")]
    [InlineData("::1]")]
    [InlineData("fe80::1%eth0")]
    [InlineData(":::")]
    [InlineData("1:2:3:4:5:6:7")]
    [InlineData("2001:db8::1::2")]
    [InlineData("example.com")]
    public void TryParse_AnythingElse_IsRefused(string text)
    {
        Assert.False(IpAddr.TryParse(text, out _));
        Assert.Throws<FormatException>(() => IpAddr.Parse(text));
    }

    [Fact]
    public void Text_AnyAddress_ComesBack() => Any.Sample(address => IpAddr.Parse(address.ToString()) == address);

    [Fact]
    public void Framework_AnyAddress_ComesBack() =>
        Any.Sample(address => IpAddr.From(address.ToIPAddress()) == address
            && address.ToIPAddress().AddressFamily == address.Family
            && address.ToIPAddress().ToString() == address.ToString());

    [Fact]
    public void Bytes_AnyAddress_ComeBack() => Any.Sample(address =>
    {
        byte[] bytes = new byte[16];
        address.WriteV6(bytes);
        byte[] v4 = new byte[4];
        address.WriteV4(v4);
        return IpAddr.ReadV6(bytes) == address && (!address.IsV4 || (IpAddr.ReadV4(v4) == address && IpAddr.FromV4(address.V4) == address));
    });

    [Fact]
    public void Equality_AnyTwo_AgreesWithTheFramework() => Gen.Select(Any, Any).Sample((a, b) =>
        a == b == a.ToIPAddress().Equals(b.ToIPAddress()) && a != b == !a.Equals(b) && (a != b || a.GetHashCode() == b.GetHashCode()));

    [Fact]
    public void Parser_AnyText_NeverThrowsAndAgreesWithItsOwnText() =>
        Gen.String[Gen.Char["0123456789abcdefx.:[]%/ "], 0, 24].Sample(text => !IpAddr.TryParse(text, out IpAddr a) || IpAddr.Parse(a.ToString()) == a);

    [Fact]
    public void Families_AreToldApart()
    {
        Assert.True(IpAddr.AnyV4.IsV4);
        Assert.False(IpAddr.AnyV6.IsV4);
        Assert.NotEqual(IpAddr.AnyV4, IpAddr.AnyV6);
        Assert.True(IpAddr.AnyV4.IsUnspecified && IpAddr.AnyV6.IsUnspecified);
        Assert.False(IpAddr.Parse("::1").IsUnspecified || IpAddr.Parse("0.0.0.1").IsUnspecified);
        Assert.Equal(default, IpAddr.AnyV6);
        Assert.Equal(AddressFamily.InterNetwork, IpAddr.AnyV4.Family);
        Assert.Equal(0x7F000001u, IpAddr.Parse("127.0.0.1").V4);
        Assert.Equal((0x20010DB800000000ul, 1ul), (IpAddr.Parse("2001:db8::1").High, IpAddr.Parse("2001:db8::1").Low));
        Assert.Equal(IpAddr.Parse("192.0.2.1"), IpAddr.From(IPAddress.Parse("192.0.2.1").MapToIPv6()));
        Assert.Throws<ArgumentNullException>(() => IpAddr.From(null!));
    }

    [Fact]
    public void Formatting_IntoSpans_WritesTheSameText()
    {
        IpAddr address = IpAddr.Parse("2001:db8::1");
        Assert.Equal("to 2001:db8::1", $"to {address}");
        byte[] utf8 = new byte[64];
        Assert.True(address.TryFormat(utf8, out int written, default, null));
        Assert.Equal("2001:db8::1"u8.ToArray(), utf8[..written]);
        Assert.False(address.TryFormat(new char[3], out _, default, null));
    }

    [Fact]
    public void ValueOperations_AllocateNothing()
    {
        IpAddr a = IpAddr.Parse("192.0.2.1");
        var set = new HashSet<IpAddr> { a };
        _ = set.Contains(a);
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool found = set.Contains(IpAddr.FromV4(0xC0000201)) && a.Equals(IpAddr.FromV4(0xC0000201));
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(found);
    }
}
