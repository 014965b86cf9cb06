using CsCheck;
using NetControl.Network;
using NetControl.Transport.Socks5;

namespace NetControl.Transport.Tests.Socks5;

public sealed class Socks5DatagramTests
{
    private const int MaxHeader = 3 + 19;

    [Theory]
    [InlineData("8.8.8.8:53", "00 00 00 01 08 08 08 08 00 35")]
    [InlineData("[2001:db8::1]:53", "00 00 00 04 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 00 35")]
    public void Header_Destination_IsExactAndComesBack(string destination, string hex)
    {
        AddrPort address = AddrPort.Parse(destination);
        byte[] buffer = [.. Enumerable.Repeat((byte)0xAA, MaxHeader), 7, 8];
        int length = Socks5Datagram.WriteHeader(buffer, address);
        Assert.Equal(Socks5AddressTests.Bytes(hex), buffer[..length]);
        Assert.Equal(length, Socks5Datagram.HeaderLength(address));
        Assert.True(Socks5Datagram.TryParse([.. buffer[..length], 7, 8], out AddrPort source, out ReadOnlySpan<byte> payload));
        Assert.Equal(address, source);
        Assert.Equal([7, 8], payload.ToArray());
    }

    [Fact]
    public void TryParse_EmptyPayload_IsADatagram()
    {
        Assert.True(Socks5Datagram.TryParse(Socks5AddressTests.Bytes("00 00 00 01 08 08 08 08 00 35"), out _, out ReadOnlySpan<byte> payload));
        Assert.True(payload.IsEmpty);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00 00 00 01 08 08 08 08 00")]
    [InlineData("01 00 00 01 08 08 08 08 00 35 ff")]
    [InlineData("00 01 00 01 08 08 08 08 00 35 ff")]
    [InlineData("00 00 01 01 08 08 08 08 00 35 ff")]
    [InlineData("00 00 80 01 08 08 08 08 00 35 ff")]
    [InlineData("00 00 00 02 08 08 08 08 00 35 ff")]
    [InlineData("00 00 00 03 01 61 00 35 ff ff ff")]
    [InlineData("00 00 00 04 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 00")]
    public void TryParse_FragmentNameOrShort_IsDropped(string hex) => Assert.False(Socks5Datagram.TryParse(Socks5AddressTests.Bytes(hex), out _, out _));

    [Fact]
    public void TryParse_AnyBytes_NeverThrowsAndRoundTrips() => Gen.Select(Gen.Byte.Array[0, 64], Gen.Bool).Sample((bytes, plausible) =>
    {
        byte[] datagram = plausible ? [0, 0, 0, .. bytes] : bytes;
        if (!Socks5Datagram.TryParse(datagram, out AddrPort source, out ReadOnlySpan<byte> payload))
        {
            return true;
        }

        byte[] header = new byte[MaxHeader];
        int length = Socks5Datagram.WriteHeader(header, source);

        // A mapped address comes in as IPv6 and goes out as IPv4; everything else is byte for byte the same.
        return (datagram[3] == 4 && source.IsV4) || datagram.AsSpan().SequenceEqual((byte[])[.. header[..length], .. payload.ToArray()]);
    });
}
