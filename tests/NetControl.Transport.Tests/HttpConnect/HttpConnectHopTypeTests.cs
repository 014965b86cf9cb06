using NetControl.Network;
using NetControl.Testing.Proxies;
using NetControl.Transport.Chains;
using NetControl.Transport.Direct;
using NetControl.Transport.Http2;
using NetControl.Transport.HttpConnect;
using NetControl.Transport.Tests.Http2;

namespace NetControl.Transport.Tests.HttpConnect;

public sealed class HttpConnectHopTypeTests
{
    [Theory]
    [InlineData("httpconnect://proxy.example:443")]
    [InlineData("httpconnect://proxy.example:8080?plain=true")]
    [InlineData("h2connect://[2001:db8::1]:443?sni=&certname=192.0.2.1")]
    [InlineData("h2connect://h:1?ca=/etc/ca.pem")]
    [InlineData("h2connect://h:1?sni=front.example&certname=proxy.example")]
    public void Text_WithoutSecrets_ReadsBackEqualAndIsShownAsItIs(string text)
    {
        HttpConnectHop hop = Parse(text);
        Assert.Equal((text, text), (hop.Text, hop.Redacted));
        Assert.Equal(hop, Parse(hop.Text));
    }

    [Theory]
    [InlineData("httpconnect://us%20er:p%40ss%7C@h:1", "httpconnect://REDACTED@h:1")]
    [InlineData("h2connect://user:@h:1?sni=x.example&plain=false", "h2connect://REDACTED@h:1?sni=x.example")]
    [InlineData("HTTPCONNECT://h:1/?AUTH=Bearer+abc%7Cd&Plain=true#tag", "httpconnect://h:1?auth=REDACTED&plain=true")]
    public void Text_WithSecrets_IsRedactedAndReadsBackEqual(string text, string redacted)
    {
        HttpConnectHop hop = Parse(text);
        Assert.Equal((redacted, redacted), (hop.Redacted, hop.ToString()));
        Assert.Equal(hop, Parse(hop.Text));
        Assert.Equal([hop.Server], hop.Servers);
    }

    [Theory]
    [InlineData("httpconnect:h:1", 1, "an HTTP proxy is written httpconnect://")]
    [InlineData("httpconnect://h", 15, "host:port has to stand here")]
    [InlineData("httpconnect://h:1?x=1", 19, "option 'x' is unknown to httpconnect; it takes sni, certname, ca, auth, plain")]
    [InlineData("httpconnect://h:1?sni=a&sni=b", 25, "option 'sni' is there twice")]
    [InlineData("httpconnect://h:1?plain=yes", 25, "plain has to be true or false")]
    [InlineData("httpconnect://h:1?plain=true&sni=a", 25, "sni, certname and ca are TLS's")]
    [InlineData("httpconnect://h:1?certname=", 28, "certname has to be a host name")]
    [InlineData("httpconnect://h:1?ca=x.pem", 22, "ca has to be the absolute path")]
    [InlineData("httpconnect://h:1?auth=", 24, "auth has to be 1 to 4096")]
    [InlineData("httpconnect://h:1?auth=secret%0D%0AX:y", 24, "auth may hold visible ASCII")]
    [InlineData("httpconnect://h:1?auth=REDACTED", 24, "REDACTED stands where")]
    [InlineData("httpconnect://REDACTED@h:1", 15, "REDACTED stands where")]
    [InlineData("httpconnect://:secret@h:1", 15, "the user name is empty")]
    [InlineData("httpconnect://a%3Ab:secret@h:1", 15, "the user name may not hold a colon")]
    [InlineData("httpconnect://u:secret%0A@h:1", 15, "control characters")]
    [InlineData("httpconnect://u:secret@h:1?auth=x", 15, "user:password@ and auth= both say Proxy-Authorization")]
    [InlineData("h3connect://secret", 1, "h3connect is not available in this build, since HTTP/3 needs QUIC; write h2connect:// in its place")]
    public void Text_Invalid_NamesColumnAndFixAndNoSecret(string text, int column, string message)
    {
        Assert.False(HopRegistry.Standard.TryParse(text, out _, out ChainError? error));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        Assert.Equal((1, column), (error.Part, error.Column));
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrap_AnyHop_CarriesNoPackets() =>
        Assert.Contains("httpconnect carries streams only", Parse("httpconnect://h:1").Wrap(Direct(), Context()).NoPacketsReason, StringComparison.Ordinal);

    [Fact]
    public async Task Wrap_PlainHttp1_DialsThroughIt()
    {
        byte[] request = [];
        using var proxy = new ScriptedProxy(async connection =>
        {
            request = await connection.ReadOnceAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
        });
        Way way = Parse($"httpconnect://user:secret@{proxy.EndPoint}?plain=true").Wrap(Direct(), Context());
        using IStreamConnection stream = await way.Streams.DialAsync(HostPort.Parse("example.org:80"));
        Assert.Equal(
            "CONNECT example.org:80 HTTP/1.1\r\nHost: example.org:80\r\nProxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n\r\n"u8.ToArray(), request);
    }

    /// <summary>The reference's test of h2connect: with plain=true a request of HTTP passes the tunnel.</summary>
    [Fact]
    public async Task Wrap_PlainHttp2_DialsThroughIt()
    {
        using var proxy = new ScriptedProxy(async connection =>
        {
            var peer = new Http2Peer(connection);
            await peer.GreetAsync();
            int stream = await peer.RequestAsync();
            Assert.Contains("proxy-authorization: Bearer abc", peer.Request);
            await peer.AnswerAsync(stream, 200);
            Assert.Equal("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), await peer.DataAsync(stream, 18));
            await peer.SendAsync(Http2FrameType.Data, Http2FrameFlags.EndStream, stream, "HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
        });
        Way way = Parse($"h2connect://{proxy.EndPoint}?plain=true&auth=Bearer%20abc").Wrap(Direct(), Context());
        using IStreamConnection stream = await way.Streams.DialAsync(HostPort.Parse("example.org:80"));
        await stream.WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
        Assert.Equal("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), await stream.ReadToEndAsync());
        await proxy.FirstScript.WaitAsync(StreamExtensions.Patience);
    }

    private static HttpConnectHop Parse(string text)
    {
        Assert.True(HopRegistry.Standard.TryParse(text, out Chain? chain, out ChainError? error), error?.ToString());
        return Assert.IsType<HttpConnectHop>(Assert.Single(chain.Hops));
    }

    private static Way Direct() => new(new TcpStreamDialer(), new UdpPacketListener());

    private static HopContext Context() => new(Direct());
}
