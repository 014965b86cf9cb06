using CsCheck;

namespace NetControl.Network.Tests;

public sealed class HostPortTests
{
    [Theory]
    [InlineData("example.com:80", "example.com", 80)]
    [InlineData("EXAMPLE.com:0", "EXAMPLE.com", 0)]
    [InlineData("localhost:65535", "localhost", 65535)]
    [InlineData("under_score.test:1", "under_score.test", 1)]
    [InlineData("127.1:80", "127.1", 80)]
    public void TryParse_Name_KeepsItAsWritten(string text, string host, int port)
    {
        Assert.True(HostPort.TryParse(text, out HostPort value));
        Assert.False(value.IsAddress);
        Assert.Equal((host, port), (value.Host, value.Port));
        Assert.Equal(text, value.ToString());
    }

    [Theory]
    [InlineData("192.0.2.1:80", "192.0.2.1:80")]
    [InlineData("[2001:db8::1]:443", "[2001:db8::1]:443")]
    [InlineData("[0000:0000:0000::0001]:83", "[::1]:83")]
    public void TryParse_Address_BecomesAValue(string text, string canonical)
    {
        HostPort value = HostPort.Parse(text);
        Assert.True(value.IsAddress);
        Assert.Null(value.Host);
        Assert.Equal(AddrPort.Parse(canonical), value.Address);
        Assert.Equal(canonical, value.ToString());
        Assert.Equal(HostPort.FromAddrPort(AddrPort.Parse(text)), value);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("example.com")]
    [InlineData("example.com:")]
    [InlineData(":80")]
    [InlineData("example.com:http")]
    [InlineData("example.com:65536")]
    [InlineData("example.com:-1")]
    [InlineData("exa mple.com:80")]
    [InlineData("http://example.com:80")]
    [InlineData("2001:db8::1:80")]
    [InlineData("[example.com]:80")]
    [InlineData("[192.0.2.1]:80")]
    public void TryParse_AnythingElse_IsRefused(string? text)
    {
        Assert.False(HostPort.TryParse(text, out _));
        Assert.Throws<FormatException>(() => HostPort.Parse(text!));
    }

    [Fact]
    public void Constructor_Literal_BecomesAnAddress()
    {
        Assert.Equal(new HostPort(AddrPort.Parse("192.0.2.1:80")), new HostPort("192.0.2.1", 80));
        Assert.Equal(new HostPort(AddrPort.Parse("[::1]:80")), new HostPort("[::1]", 80));
        Assert.Equal(new HostPort(AddrPort.Parse("[::1]:80")), new HostPort("::1", 80));
    }

    [Fact]
    public void Constructor_Length_IsLimitedTo255()
    {
        Assert.Equal(255, new HostPort(new string('a', 255), 1).Host!.Length);
        Assert.Throws<ArgumentException>(() => new HostPort(new string('a', 256), 1));
        Assert.Throws<ArgumentException>(() => new HostPort("", 1));
        Assert.True(HostPort.TryParse(new string('a', 255) + ":1", out _));
        Assert.False(HostPort.TryParse(new string('a', 256) + ":1", out _));
    }

    [Fact]
    public void Equality_IsByCaseSensitiveNameAndPort()
    {
        Assert.Equal(new HostPort("a", 1), new HostPort("a", 1));
        Assert.True(new HostPort("a", 1) != new HostPort("A", 1));
        Assert.True(new HostPort("a", 1) != new HostPort("a", 2));
        Assert.True(new HostPort("a", 0) != default(HostPort));
        Assert.Equal(new HostPort("a", 1).GetHashCode(), new HostPort("a", 1).GetHashCode());
    }

    [Fact]
    public void Text_AnyAddress_ComesBack() => AddrPortTests.Any.Sample(address =>
    {
        HostPort value = address;
        return HostPort.Parse(value.ToString()) == value && value.Address == address;
    });

    [Fact]
    public void Text_AnyName_ComesBack() =>
        Gen.Select(Gen.String[Gen.Char["abcXYZ0123456789-._"], 1, 60], Gen.UShort).Sample((host, port) =>
        {
            var value = new HostPort(host, port);
            return HostPort.Parse(value.ToString()) == value;
        });

    [Fact]
    public void Address_AsDestination_AllocatesNothing()
    {
        AddrPort address = AddrPort.Parse("192.0.2.1:80");
        long before = GC.GetAllocatedBytesForCurrentThread();
        HostPort value = address;
        bool same = value.Address == address && value.IsAddress;
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(same);
    }
}
