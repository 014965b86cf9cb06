using System.Globalization;
using System.Text;
using CsCheck;
using NetControl.Network;
using NetControl.Transport.Socks5;

namespace NetControl.Transport.Tests.Socks5;

public sealed class Socks5AddressTests
{
    [Theory]
    [InlineData("8.8.8.8:853", "01 08 08 08 08 03 55")]
    [InlineData("[2001:4860:4860::8888]:853", "04 20 01 48 60 48 60 00 00 00 00 00 00 00 00 88 88 03 55")]
    [InlineData("dns.google:853", "03 0a 64 6e 73 2e 67 6f 6f 67 6c 65 03 55")]
    public void Write_Destination_IsExact(string destination, string hex)
    {
        byte[] buffer = new byte[Socks5Address.MaxLength];
        int length = Socks5Address.Write(buffer, HostPort.Parse(destination));
        Assert.Equal(Bytes(hex), buffer[..length]);
        Assert.True(Socks5Address.TryRead(buffer.AsSpan(0, length), out HostPort? back));
        Assert.Equal(HostPort.Parse(destination), back);
    }

    [Fact]
    public void Write_LongestName_Fits()
    {
        byte[] buffer = new byte[Socks5Address.MaxLength];
        Assert.Equal(Socks5Address.MaxLength, Socks5Address.Write(buffer, new HostPort(new string('a', 255), 1)));
    }

    [Fact]
    public void Write_NameLongerThan255Bytes_IsRefused()
    {
        // 200 characters, so the destination itself is fine, but 400 bytes in UTF-8.
        var error = Assert.Throws<Socks5Exception>(() => Socks5Address.Write(new byte[Socks5Address.MaxLength], new HostPort(new string('\u00e9', 200), 1)));
        Assert.Equal(DialFailure.NameNotResolved, error.Failure);
    }

    [Theory]
    [InlineData("01 08 08 08 08 03 55", "8.8.8.8:853")]
    [InlineData("04 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 35", "[::]:53")]
    [InlineData("04 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00 35", "[::1]:53")]
    [InlineData("04 00 00 00 00 00 00 00 00 00 00 ff ff 08 08 08 08 00 35", "8.8.8.8:53")]
    [InlineData("04 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 ff ff", "[2001:db8::1]:65535")]
    [InlineData("03 01 61 00 50", "a:80")]
    [InlineData("03 07 38 2e 38 2e 38 2e 38 00 35", "8.8.8.8:53")]
    public void TryRead_Address_IsRead(string hex, string expected)
    {
        Assert.True(Socks5Address.TryRead(Bytes(hex), out HostPort? destination));
        Assert.Equal(HostPort.Parse(expected), destination);
    }

    [Theory]
    [InlineData("")]
    [InlineData("01")]
    [InlineData("01 08 08 08 08 03")]
    [InlineData("01 08 08 08 08 03 55 00")]
    [InlineData("04 00 00")]
    [InlineData("03 05 61 00 50")]
    [InlineData("03 00 00 50")]
    [InlineData("00 08 08 08 08 03 55")]
    [InlineData("02 08 08 08 08 03 55")]
    [InlineData("05 08 08 08 08 03 55")]
    public void TryRead_ShortOrUnknown_IsRefused(string hex) => Assert.False(Socks5Address.TryRead(Bytes(hex), out HostPort? _));

    [Fact]
    public void TryRead_AnyBytes_NeverThrowsAndRoundTrips() => Gen.Byte.Array[0, 300].Sample(bytes =>
    {
        if (!Socks5Address.TryRead(bytes, out HostPort? destination))
        {
            return true;
        }

        byte[] buffer = new byte[1024];
        return destination.Value.IsAddress || Encoding.UTF8.GetByteCount(destination.Value.Host) > 255
            || Socks5Address.Write(buffer, destination.Value) > 0;
    });

    internal static byte[] Bytes(string hex) =>
        [.. hex.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(b => byte.Parse(b, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
}
