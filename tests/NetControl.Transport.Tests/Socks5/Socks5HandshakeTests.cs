using CsCheck;
using NetControl.Network;
using NetControl.Transport.Socks5;

namespace NetControl.Transport.Tests.Socks5;

public sealed class Socks5HandshakeTests
{
    private static readonly Socks5Credentials Credentials = new("user", "secret");

    [Fact]
    public void Request_NoCredentials_IsExact()
    {
        byte[] buffer = new byte[Socks5Handshake.BufferLength];
        int length = Socks5Handshake.WriteRequest(buffer, null, Socks5Command.Connect, HostPort.Parse("8.8.8.8:853"));
        Assert.Equal(Socks5AddressTests.Bytes("05 01 00  05 01 00 01 08 08 08 08 03 55"), buffer[..length]);
    }

    [Fact]
    public void Request_Credentials_IsExact()
    {
        byte[] buffer = new byte[Socks5Handshake.BufferLength];
        int length = Socks5Handshake.WriteRequest(buffer, Credentials, Socks5Command.UdpAssociate, new AddrPort(IpAddr.AnyV4, 0));
        Assert.Equal(
            Socks5AddressTests.Bytes("05 01 02  01 04 75 73 65 72 06 73 65 63 72 65 74  05 03 00 01 00 00 00 00 00 00"), buffer[..length]);
    }

    [Fact]
    public void Request_LongestOfEverything_FitsTheBuffer()
    {
        byte[] buffer = new byte[Socks5Handshake.BufferLength];
        var longest = new Socks5Credentials(new string('u', 255), new string('p', 255));
        Assert.Equal(buffer.Length, Socks5Handshake.WriteRequest(buffer, longest, Socks5Command.Connect, new HostPort(new string('h', 255), 1)));
    }

    [Theory]
    [InlineData("", "p")]
    [InlineData("u", "")]
    public void Credentials_Empty_AreRefused(string username, string password) =>
        Assert.Throws<ArgumentException>(() => new Socks5Credentials(username, password));

    [Fact]
    public void Credentials_LongOrNull_AreRefusedAndNeverPrinted()
    {
        Assert.Throws<ArgumentException>(() => new Socks5Credentials(new string('u', 256), "p"));
        Assert.Throws<ArgumentException>(() => new Socks5Credentials("u", new string('\u00e9', 128)));
        Assert.Throws<ArgumentNullException>(() => new Socks5Credentials(null!, "p"));
        Assert.DoesNotContain("secret", Credentials.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("user", Credentials.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "05 00 05 00 00 01 7f 00 00 01 04 38", "127.0.0.1:1080")]
    [InlineData(false, "05 00 05 00 00 04 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 04 38", "[::1]:1080")]
    [InlineData(false, "05 00 05 00 00 03 01 61 04 38", "a:1080")]
    [InlineData(false, "05 00 05 00 00 03 00 04 38", null)]
    [InlineData(true, "05 02 01 00 05 00 00 01 7f 00 00 01 04 38", "127.0.0.1:1080")]
    [InlineData(true, "05 00 05 00 00 01 7f 00 00 01 04 38", "127.0.0.1:1080")]
    public void Examine_CompleteAnswer_IsNeitherShortNorOverRead(bool password, string hex, string? bound)
    {
        byte[] answer = Socks5AddressTests.Bytes(hex);
        for (int length = 0; length < answer.Length; length++)
        {
            int wanted = Socks5Handshake.Examine(answer.AsSpan(0, length), password);
            Assert.InRange(wanted, length + 1, answer.Length);
        }

        Assert.Equal(answer.Length, Socks5Handshake.Examine(answer, password));
        Assert.Equal(bound is null ? null : HostPort.Parse(bound), Socks5Handshake.ReadBoundAddress(answer, password));
    }

    [Theory]
    [InlineData(false, "04", "version 4")]
    [InlineData(false, "48 54 54 50", "version 72")]
    [InlineData(false, "05 ff", "wants authentication")]
    [InlineData(true, "05 ff", "refuses user name and password")]
    [InlineData(false, "05 02", "authentication method 2")]
    [InlineData(true, "05 01", "authentication method 1")]
    [InlineData(true, "05 02 05", "authentication version 5")]
    [InlineData(true, "05 02 01 01", "refused the user name or password")]
    [InlineData(false, "05 00 04", "version 4")]
    [InlineData(false, "05 00 05 00 00 02 00", "address type 2")]
    public void Examine_OutsideTheProtocol_IsRefusedAsSoonAsItIsSeen(bool password, string hex, string text)
    {
        Socks5Exception error = Assert.Throws<Socks5Exception>(() => Socks5Handshake.Examine(Socks5AddressTests.Bytes(hex), password));
        Assert.Equal(DialFailure.ProxyProtocol, error.Failure);
        Assert.Null(error.ReplyCode);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Examine_AnyBytes_OnlyEverRefusesOrAsksForMore() => Gen.Select(Gen.Byte.Array[0, 300], Gen.Bool, Gen.Bool).Sample((bytes, password, plausible) =>
    {
        // Random bytes rarely get past the first; give half of them a good start.
        byte[] received = plausible ? [5, password ? (byte)2 : (byte)0, .. password ? new byte[] { 1, 0 } : [], 5, 0, 0, .. bytes] : bytes;
        int have = 0;
        try
        {
            while (have < received.Length)
            {
                int wanted = Socks5Handshake.Examine(received.AsSpan(0, have), password);
                if (wanted == have)
                {
                    _ = Socks5Handshake.ReadBoundAddress(received.AsSpan(0, have), password);
                    return true;
                }

                if (wanted < have || wanted > Socks5Handshake.BufferLength)
                {
                    return false;
                }

                have = Math.Min(wanted, received.Length);
            }

            return true;
        }
        catch (Socks5Exception)
        {
            return true;
        }
    });
}
