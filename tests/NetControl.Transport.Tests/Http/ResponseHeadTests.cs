using System.Text;
using NetControl.Network;
using NetControl.Transport.Http;
using NetControl.Transport.Tests.Socks5;

namespace NetControl.Transport.Tests.Http;

public sealed class ResponseHeadTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 Connection established\r\n\r\n", 200, "Connection established")]
    [InlineData("HTTP/1.0 200 OK\r\nVia: 1.1 proxy\r\n\r\n", 200, "OK")]
    [InlineData("HTTP/1.1 204 \r\n\r\n", 204, "")]
    [InlineData("HTTP/1.1 204\r\n\r\n", 204, "")]
    [InlineData("HTTP/1.1 503 \u001b[31mred\r\n\r\n", 503, "?[31mred")]
    public void TryParse_Head_ReadsStatusAndReason(string text, int status, string reason)
    {
        Assert.True(ResponseHead.TryParse(Bytes(text), out ResponseHead head));
        Assert.Equal((status, reason), (head.StatusCode, head.Reason));
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\n")]
    [InlineData("HTTP/1.1 200OK\r\n\r\n")]
    [InlineData("HTTP/1.1  200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 20\r\n\r\n")]
    [InlineData("HTTP/1.1 2x0 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 099 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 600 OK\r\n\r\n")]
    [InlineData("HTTP/1.x 200 OK\r\n\r\n")]
    [InlineData("HTTP/2 200 OK\r\n\r\n")]
    [InlineData("ICY 200 OK......\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n: no name\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nName : value\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nName: a\r\n folded\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nName: a\rb\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nName: a\0b\r\n\r\n")]
    public void TryParse_Malformed_IsRefused(string text) => Assert.False(ResponseHead.TryParse(Bytes(text), out _));

    [Fact]
    public void TryGetField_AnyLetterCase_TrimsWhiteSpace()
    {
        Assert.True(ResponseHead.TryParse(Bytes("HTTP/1.1 407 No\r\nA: 1\r\nproxy-AUTHENTICATE: \t Basic realm=\"x\" \r\n\r\n"), out ResponseHead head));
        Assert.True(head.TryGetField("Proxy-Authenticate"u8, out ReadOnlySpan<byte> value));
        Assert.Equal("Basic realm=\"x\"", Encoding.ASCII.GetString(value));
        Assert.False(head.TryGetField("Proxy"u8, out _));
    }

    [Theory]
    [InlineData("Connection: Upgrade", true)]
    [InlineData("Connection: keep-alive, UPGRADE", true)]
    [InlineData("Connection: keep-alive\r\nConnection: ,upgrade,", true)]
    [InlineData("Connection: upgrades", false)]
    [InlineData("X-Connection: upgrade", false)]
    public void HasToken_List_FindsWholeTokens(string fields, bool found)
    {
        Assert.True(ResponseHead.TryParse(Bytes($"HTTP/1.1 101 Switching Protocols\r\n{fields}\r\n\r\n"), out ResponseHead head));
        Assert.Equal(found, head.HasToken("Connection"u8, "upgrade"u8));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200\r\n\r\n")]
    [InlineData("HTTP/1.1 407 Authentication Required\r\nA: b\r\n\r\n")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")]
    public async Task Read_AnyPieces_TakesTheHeadAndNotOneByteMore(string head)
    {
        byte[] said = Bytes(head + "\r\n\r\npayload");
        for (int most = 1; most <= said.Length; most++)
        {
            var connection = new MemoryStreamConnection(said) { MostBytesPerRead = most };
            byte[] buffer = new byte[ResponseHead.MaxLength];
            (int start, int end, ResponseHeadFault fault) = await ResponseHeadReader.ReadAsync(connection, buffer, default);
            Assert.Equal((ResponseHeadFault.None, head.Length, head.Length), (fault, end, connection.Consumed));
            Assert.StartsWith("HTTP/1.1 ", Encoding.ASCII.GetString(buffer, start, end - start), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n", true)]
    [InlineData("", true)]
    [InlineData("SSH-2.0-OpenSSH_9.2p1\r\n", false)]
    [InlineData("\u0015\u0003\u0003\0\u0002\u0002\u0050", false)]
    [InlineData("HTTP/1.1 200 OK\n\n", false)]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n", false)]
    [InlineData("HTTP/1.1 200 OK\r\nA b\r\n\r\n", false)]
    public async Task Read_NoHead_SaysWhy(string said, bool ended)
    {
        (_, _, ResponseHeadFault fault) = await ResponseHeadReader.ReadAsync(
            new MemoryStreamConnection(Bytes(said)), new byte[ResponseHead.MaxLength], default);
        Assert.Equal(ended ? ResponseHeadFault.Ended : ResponseHeadFault.NotHttp, fault);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nA: ", "")]
    [InlineData("", "HTTP/1.1 100 Continue\r\n\r\n")]
    public async Task Read_WithoutEnd_StopsAtTheLimit(string first, string repeated)
    {
        string said = first + string.Concat(Enumerable.Repeat(repeated.Length > 0 ? repeated : "x", 20_000));
        var connection = new MemoryStreamConnection(Bytes(said), hang: true);
        (_, _, ResponseHeadFault fault) = await ResponseHeadReader.ReadAsync(connection, new byte[ResponseHead.MaxLength], default);
        Assert.Equal(ResponseHeadFault.TooLong, fault);
        Assert.InRange(connection.Consumed, 1, ResponseHead.MaxLength);
    }

    [Theory]
    [InlineData("198.51.100.7:443", "198.51.100.7:443")]
    [InlineData("[2001:db8::1]:8080", "[2001:db8::1]:8080")]
    [InlineData("Example.ORG:1", "Example.ORG:1")]
    [InlineData("a_b.example:65535", "a_b.example:65535")]
    public void Authority_Destination_IsWrittenAsHttpWritesIt(string destination, string expected)
    {
        byte[] buffer = new byte[HttpAuthority.MaxLength];
        HostPort parsed = HostPort.Parse(destination);
        Assert.True(HttpAuthority.CanCarry(parsed));
        Assert.Equal(expected, Encoding.ASCII.GetString(buffer, 0, HttpAuthority.Write(buffer, parsed)));
    }

    [Theory]
    [InlineData("m\u00fcnchen.example")]
    [InlineData("a\r\nX: y")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("user@host")]
    public void Authority_NameThatCouldSayMore_IsRefused(string host) => Assert.False(HttpAuthority.CanCarry(new HostPort(host, 80)));

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
