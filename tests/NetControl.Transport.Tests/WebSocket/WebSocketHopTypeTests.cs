using NetControl.Network;
using NetControl.Transport.Chains;
using NetControl.Transport.Direct;
using NetControl.Transport.WebSocket;

namespace NetControl.Transport.Tests.WebSocket;

public sealed class WebSocketHopTypeTests
{
    [Theory]
    [InlineData("ws:tcp_path=/a&udp_path=/b", "ws:tcp_path=REDACTED&udp_path=REDACTED")]
    [InlineData("WS:UDP_PATH=%2Fs%7Cecret", "ws:udp_path=REDACTED")]
    [InlineData("ws:tcp_path=/secret", "ws:tcp_path=REDACTED")]
    public void Text_Valid_ReadsBackEqualAndHidesThePaths(string text, string redacted)
    {
        WebSocketHop hop = Parse(text);
        Assert.Equal((redacted, redacted), (hop.Redacted, hop.ToString()));
        Assert.Equal(hop, Parse(hop.Text));
        Assert.Empty(hop.Servers);
        Assert.True(HopRegistry.Standard.TrySanitize(redacted, out string? again, out _));
        Assert.Equal(redacted, again);
    }

    [Theory]
    [InlineData("ws:", 1, "ws needs tcp_path for streams, udp_path for packets, or both")]
    [InlineData("ws:path=/secret", 4, "option 'path' is unknown to ws; it takes tcp_path, udp_path")]
    [InlineData("ws:tcp_path=", 13, "tcp_path has to be 1 to 1024")]
    [InlineData("ws:tcp_path=/secret&TCP_path=/b", 21, "option 'tcp_path' is there twice")]
    [InlineData("ws:tcp_path=/a&udp_path=REDACTED", 25, "REDACTED stands where the path was")]
    public void Text_Invalid_NamesColumnAndFix(string text, int column, string message)
    {
        Assert.False(HopRegistry.Standard.TryParse(text, out _, out ChainError? error));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(column, error.Column);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrap_WithoutAPath_RefusesThatKind()
    {
        Way streams = Parse("ws:tcp_path=/a").Wrap(Direct(), new HopContext(Direct()));
        Assert.Contains("udp_path", streams.NoPacketsReason, StringComparison.Ordinal);
        Way packets = Parse("ws:udp_path=/a").Wrap(Direct(), new HopContext(Direct()));
        Assert.Null(packets.NoPacketsReason);
        DialException error = await Assert.ThrowsAsync<DialException>(() => packets.Streams.DialAsync(HostPort.Parse("h:1")).AsTask());
        Assert.Equal(DialFailure.NotAllowed, error.Failure);
        Assert.Contains("tcp_path", error.Message, StringComparison.Ordinal);
    }

    private static WebSocketHop Parse(string text)
    {
        Assert.True(HopRegistry.Standard.TryParse(text, out Chain? chain, out ChainError? error), error?.ToString());
        return Assert.IsType<WebSocketHop>(Assert.Single(chain.Hops));
    }

    private static Way Direct() => new(new TcpStreamDialer(), new UdpPacketListener());
}
