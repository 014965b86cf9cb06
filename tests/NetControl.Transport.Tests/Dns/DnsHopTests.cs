using NetControl.Network;
using NetControl.Transport.Chains;
using NetControl.Transport.Dns;
using NetControl.Transport.Tests.Socks5;

namespace NetControl.Transport.Tests.Dns;

public sealed class DnsHopTests
{
    private readonly MemoryPacketListener _packets = new();
    private readonly DialRecorder _streams = new();

    [Theory]
    [InlineData("dnstruncate:", "dnstruncate:")]
    [InlineData("DNSTRUNCATE", "dnstruncate:")]
    [InlineData("dnsintercept:local=10.0.0.53&remote=1.1.1.1:5353", "dnsintercept:local=10.0.0.53:53&remote=1.1.1.1:5353")]
    [InlineData("dnsintercept:Remote=2001:db8::1&Local=[fd00::1]:54", "dnsintercept:local=[fd00::1]:54&remote=[2001:db8::1]:53")]
    public void Text_Valid_ReadsBackEqual(string text, string written)
    {
        Assert.True(HopRegistry.Standard.TryParse(text, out Chain? chain, out ChainError? error), error?.ToString());
        Assert.Equal(written, chain.Text);
        Assert.Equal(written, chain.Redacted);
        Assert.True(HopRegistry.Standard.TryParse(written, out Chain? again, out _));
        Assert.Equal(chain.Hops, again.Hops);
    }

    [Theory]
    [InlineData("dnstruncate:x=1", 13, "option 'x' is unknown to dnstruncate; it takes none")]
    [InlineData("dnsintercept:local=10.0.0.53", 1, "dnsintercept needs remote=; write e.g. dnsintercept:remote=1.1.1.1:53")]
    [InlineData("dnsintercept:local=ns&remote=1.1.1.1", 20, "'ns' is a name; local has to be an IP address")]
    [InlineData("dnsintercept:local=1.1.1.1:0&remote=1.1.1.1", 20, "'1.1.1.1:0' is not host[:port]; write e.g. 1.1.1.1:53")]
    [InlineData("dnsintercept:local=a:b:c&remote=1.1.1.1", 20, "'a:b:c' is not host[:port]; write e.g. 1.1.1.1:53")]
    public void Text_Invalid_NamesColumn(string text, int column, string message)
    {
        Assert.False(HopRegistry.Standard.TryParse(text, out _, out ChainError? error));
        Assert.Equal(new ChainError(1, column, message), error);
    }

    [Theory]
    [InlineData("1.1.1.1", "1.1.1.1:53")]
    [InlineData("1.1.1.1:5353", "1.1.1.1:5353")]
    [InlineData("2001:db8::1", "[2001:db8::1]:53")]
    [InlineData("[2001:db8::1]", "[2001:db8::1]:53")]
    [InlineData("[2001:db8::1]:5353", "[2001:db8::1]:5353")]
    [InlineData("dns.example", "dns.example:53")]
    [InlineData("dns.example:5353", "dns.example:5353")]
    [InlineData("", null)]
    [InlineData("dns.example:", null)]
    public void Server_WithoutPort_GetsTheUsualOne(string text, string? server)
    {
        Assert.Equal(server is not null, DnsServerOption.TryParse(text, DnsServerOption.DnsPort, out HostPort parsed));
        Assert.Equal(server, server is null ? null : parsed.ToString());
    }

    [Fact]
    public async Task Truncate_OverAWayWithoutPackets_AnswersQueriesHere()
    {
        Way way = Wrap("dnstruncate:", new Way(_streams, new NoPackets("httpconnect")));
        Assert.Null(way.NoPacketsReason);
        Assert.Same(_streams, way.Streams);
        using IPacketConnection socket = await way.Packets.ListenAsync(TestContext.Current.CancellationToken);
        PacketRecorder recorder = new();
        socket.Receive(recorder);
        AddrPort resolver = AddrPort.Parse("8.8.8.8:53");
        socket.Send([1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0], resolver);
        Assert.Equal([1, 2, 0x83, 0, 0, 1, 0, 1, 0, 0, 0, 0], (await recorder.NextAsync()).Payload);
    }

    [Fact]
    public async Task Intercept_UdpAndTcpToTheResolver_GoToTheOther()
    {
        Way way = Wrap("dnsintercept:local=10.0.0.53&remote=1.1.1.1:5353", new Way(_streams, _packets));
        using IPacketConnection socket = await way.Packets.ListenAsync(TestContext.Current.CancellationToken);
        PacketRecorder recorder = new();
        socket.Receive(recorder);
        AddrPort local = AddrPort.Parse("10.0.0.53:53");
        AddrPort remote = AddrPort.Parse("1.1.1.1:5353");
        socket.Send([1], local);
        Assert.Equal(remote, Assert.Single(_packets.Last.Sent).Destination);
        _packets.Last.Handler!.OnPacket([2], remote);
        Assert.Equal(local, (await recorder.NextAsync()).Source);

        await way.Streams.DialAsync(local, TestContext.Current.CancellationToken);
        await way.Streams.DialAsync(AddrPort.Parse("10.0.0.53:853"), TestContext.Current.CancellationToken);
        Assert.Equal(["1.1.1.1:5353", "10.0.0.53:853"], _streams.Dialled);
    }

    [Fact]
    public void Intercept_OverAWayWithoutPackets_StillHasNone() => Assert.Equal(
        new NoPackets("httpconnect").Reason,
        Wrap("dnsintercept:local=10.0.0.53&remote=1.1.1.1", new Way(_streams, new NoPackets("httpconnect"))).NoPacketsReason);

    private static Way Wrap(string text, Way inner)
    {
        Assert.True(HopRegistry.Standard.TryParse(text, out Chain? chain, out ChainError? error), error?.ToString());
        return chain.Wrap(inner, new HopContext(inner));
    }
}
