using NetControl.Network;
using NetControl.Testing;
using NetControl.Transport.Chains;
using NetControl.Transport.Dns;
using NetControl.Transport.Tests.Socks5;

namespace NetControl.Transport.Tests.Dns;

public sealed class DnsSplitTests
{
    private static readonly AddrPort s_anyResolver = AddrPort.Parse("8.8.8.8:53");
    private readonly ManualTimeProvider _time = new();
    private readonly AnsweringListener _cluster = new();
    private readonly AnsweringListener _remote = new();
    private readonly DialRecorder _streams = new();

    [Theory]
    [InlineData("db.shop.svc.cluster.local", true)]
    [InlineData("CLUSTER.local", true)]
    [InlineData("notcluster.local", false)]
    [InlineData("example.com", false)]
    [InlineData("4.3.2.10.in-addr.arpa", true)]
    [InlineData("10.in-addr.arpa", true)]
    [InlineData("in-addr.arpa", false)]
    [InlineData("4.3.2.11.in-addr.arpa", false)]
    [InlineData("1.20.172.in-addr.arpa", true)]
    [InlineData("1.40.172.in-addr.arpa", false)]
    [InlineData("1.0.d.f.ip6.arpa", true)]
    [InlineData("1.0.c.f.ip6.arpa", true)]
    [InlineData("1.0.e.f.ip6.arpa", false)]
    [InlineData("x.10.in-addr.arpa", false)]
    [InlineData("1.2.3.4.5.in-addr.arpa", false)]
    [InlineData("a.corp.example", true)]
    public void Zones_NamesRangesAndSearch_AreTold(string name, bool direct)
    {
        Assert.True(DnsZones.TryParse("cluster.local, 10.0.0.0/8,172.16.0.0/12,fc00::/7,search", out DnsZones? zones, out _));
        Assert.Equal(direct, zones.Contains(DnsNameTests.Parse(name), [DnsNameTests.Parse("corp.example")]));
        Assert.Equal("cluster.local,10.0.0.0/8,172.16.0.0/12,fc00::/7,search", zones.Text);
    }

    [Theory]
    [InlineData("dnssplit:direct=cluster.local&remote=1.1.1.1", "dnssplit:direct=cluster.local&remote=1.1.1.1:53")]
    [InlineData("dnssplit:remote=1.1.1.1&over=TLS&direct=search,10.0.0.0/8&resolver=10.96.0.10&cache=100&name=one.one&resolvconf=/x/y",
        "dnssplit:direct=search,10.0.0.0/8&resolver=10.96.0.10:53&remote=1.1.1.1:853&over=tls&name=one.one&resolvconf=/x/y&cache=100")]
    [InlineData("dnssplit:direct=a&remote=dns.example&over=HTTPS&name=n.example&path=/q%26", "dnssplit:direct=a&remote=dns.example:443&over=https&name=n.example&path=/q%26")]
    [InlineData("dnssplit:direct=a&remote=1.1.1.1&over=https&path=/dns-query", "dnssplit:direct=a&remote=1.1.1.1:443&over=https")]
    [InlineData("do53:address=1.1.1.1", "do53:address=1.1.1.1:53")]
    [InlineData("do53:address=dns.example:54&cache=5", "do53:address=dns.example:54&cache=5")]
    [InlineData("dot:address=1.1.1.1&name=one.one", "dot:address=1.1.1.1:853&name=one.one")]
    public void Text_Valid_ReadsBackEqual(string text, string written)
    {
        Assert.True(HopRegistry.Standard.TryParse(text, out Chain? chain, out ChainError? error), error?.ToString());
        Assert.Equal((written, written), (chain.Text, chain.Redacted));
        Assert.True(HopRegistry.Standard.TryParse(written, out Chain? again, out _));
        Assert.Equal(chain.Hops, again.Hops);
    }

    [Theory]
    [InlineData("dnssplit:remote=1.1.1.1", 1, "dnssplit needs direct=; write e.g. dnssplit:direct=cluster.local,10.0.0.0/8&remote=1.1.1.1:53")]
    [InlineData("dnssplit:direct=cluster.local", 1, "dnssplit needs remote=; write e.g. dnssplit:remote=1.1.1.1:53")]
    [InlineData("dnssplit:direct=a,,b&remote=1.1.1.1", 17, "'' is no zone, no range and not search; write e.g. cluster.local,10.0.0.0/8")]
    [InlineData("dnssplit:direct=a&remote=1.1.1.1&over=quic", 39, "'quic' is unknown; write over=tls or over=https, or leave it out")]
    [InlineData("dnssplit:direct=a&remote=1.1.1.1&path=/q", 39, "path= is for over=https only; write that too, or leave it out")]
    [InlineData("dnssplit:direct=a&remote=1.1.1.1&over=https&path=q", 50, "is no path; write e.g. path=/dns-query")]
    [InlineData("do53:address=1.1.1.1&cache=x", 28, "'x' is no number of answers from 0 to 100000; write e.g. cache=1000")]
    [InlineData("dot:address=1.1.1.1&name=a..b", 26, "'a..b' is no host name")]
    public void Text_Invalid_NamesColumn(string text, int column, string message)
    {
        Assert.False(HopRegistry.Standard.TryParse(text, out _, out ChainError? error));
        Assert.Equal(new ChainError(1, column, message), error);
    }

    [Fact]
    public async Task Udp_NamesOfTheZones_GoToTheClustersResolver_OthersThroughTheWay()
    {
        Way way = Wrap("dnssplit:direct=cluster.local&resolver=10.96.0.10&remote=1.1.1.1");
        PacketRecorder recorder = new();
        using IPacketConnection socket = await ListenAsync(way, recorder);
        byte[] inside = DnsMessages.Query("db.cluster.local", id: 1);
        byte[] outside = DnsMessages.Query("example.com", id: 2);
        socket.Send(inside, s_anyResolver);
        socket.Send(outside, s_anyResolver);
        Assert.Equal([(AddrPort.Parse("10.96.0.10:53"), "db.cluster.local.")], _cluster.Asked);
        Assert.Equal([(AddrPort.Parse("1.1.1.1:53"), "example.com.")], _remote.Asked);
        (byte[] payload, AddrPort source) = await recorder.NextAsync();
        Assert.Null(DnsAnswerCheck.Fault(inside, payload));
        Assert.Equal(s_anyResolver, source);
        (payload, _) = await recorder.NextAsync();
        Assert.Null(DnsAnswerCheck.Fault(outside, payload));
    }

    [Theory]
    [InlineData("example.com", true)]
    [InlineData("db.cluster.local", false)]
    public async Task Udp_ResolverThatIsSilent_IsServfail_AndTheOtherIsNotAsked(string name, bool remoteIsSilent)
    {
        (remoteIsSilent ? _remote : _cluster).Answer = (_, _) => null;
        Way way = Wrap("dnssplit:direct=cluster.local&resolver=10.96.0.10&remote=1.1.1.1");
        PacketRecorder recorder = new();
        using IPacketConnection socket = await ListenAsync(way, recorder);
        byte[] query = DnsMessages.Query(name);
        socket.Send(query, s_anyResolver);
        _time.Advance(TimeSpan.FromSeconds(8));
        byte[] answer = (await recorder.NextAsync()).Payload;
        Assert.Null(DnsAnswerCheck.Fault(query, answer));
        Assert.Equal(DnsRcode.ServerFailure, new DnsResponse(answer).Rcode);
        Assert.Empty((remoteIsSilent ? _cluster : _remote).Asked);
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public async Task Udp_LongAnswer_IsCutToWhatTheClientTakes()
    {
        _remote.Answer = (query, _) => DnsMessages.Answer(query, [.. Enumerable.Repeat(DnsMessages.Address("192.0.2.1"), 60)]);
        Way way = Wrap("dnssplit:direct=cluster.local&resolver=10.96.0.10&remote=1.1.1.1");
        PacketRecorder recorder = new();
        using IPacketConnection socket = await ListenAsync(way, recorder);
        byte[] query = DnsMessages.Query("example.com");
        socket.Send(query, s_anyResolver);
        Assert.False(new DnsResponse((await recorder.NextAsync()).Payload).IsTruncated); // 989 bytes, and 1232 are taken
        query[11] = 0;
        socket.Send(query.AsSpan(..^11), s_anyResolver);
        byte[] cut = (await recorder.NextAsync()).Payload;
        Assert.True(new DnsResponse(cut).IsTruncated);
        Assert.Equal(query.Length - 11, cut.Length);
    }

    [Theory]
    [InlineData(new byte[] { 1, 2, 3 }, null)]
    [InlineData(new byte[] { 1, 2, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1 }, null)]
    [InlineData(new byte[] { 1, 2, 0x28, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1 }, DnsRcode.NotImplemented)]
    [InlineData(new byte[] { 1, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, DnsRcode.FormatError)]
    [InlineData(new byte[] { 1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9 }, DnsRcode.FormatError)]
    [InlineData(new byte[] { 1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 252, 0, 1 }, DnsRcode.Refused)]
    public async Task Udp_WhatIsNotPassedOn_IsAnsweredHereOrNotAtAll(byte[] message, DnsRcode? rcode)
    {
        Way way = Wrap("dnssplit:direct=cluster.local&resolver=10.96.0.10&remote=1.1.1.1");
        PacketRecorder recorder = new();
        using IPacketConnection socket = await ListenAsync(way, recorder);
        socket.Send(message, s_anyResolver);
        Assert.Equal(rcode is null ? 0 : 1, recorder.Packets);
        if (rcode is not null)
        {
            byte[] answer = (await recorder.NextAsync()).Payload;
            Assert.Equal(rcode, new DnsResponse(answer).Rcode);
            Assert.Equal([1, 2], answer[..2]);
            Assert.Equal(0x80, answer[2] & 0x80);
        }

        Assert.Empty(_cluster.Asked);
        Assert.Empty(_remote.Asked);
    }

    [Fact]
    public async Task Udp_OtherPorts_PassThroughTheWay_OrAreUnreachableWithoutOne()
    {
        AddrPort destination = AddrPort.Parse("192.0.2.9:443");
        MemoryPacketListener packets = new();
        Way way = Wrap("dnssplit:direct=cluster.local&resolver=10.96.0.10&remote=1.1.1.1", packets);
        PacketRecorder recorder = new();
        using (IPacketConnection socket = await ListenAsync(way, recorder))
        {
            Assert.Empty(packets.Opened);
            socket.Send([1], destination);
            socket.Send([2], destination);
            Assert.Equal(2, Assert.Single(packets.Opened).Sent.Count);
            packets.Last.Handler!.OnPacket([3], destination);
            Assert.Equal(destination, (await recorder.NextAsync()).Source);
        }

        Assert.True(packets.Last.Disposed);

        Way streamsOnly = Wrap("dnssplit:direct=cluster.local&resolver=10.96.0.10&remote=1.1.1.1", new NoPackets("httpconnect"));
        using IPacketConnection alone = await ListenAsync(streamsOnly, new PacketRecorder());
        NetworkException e = Assert.Throws<NetworkException>(() => alone.Send([1], destination));
        Assert.Equal(NetworkError.PortUnreachable, e.Error);
    }

    [Fact]
    public async Task Udp_OverAWayWithoutPackets_AsksTheRemoteResolverOverTcp()
    {
        byte[] query = DnsMessages.Query("example.com");
        byte[] answer = DnsMessages.Answer(query, DnsMessages.Address("192.0.2.1"));
        DialRecorder streams = new(_ => new MemoryStreamConnection([0, (byte)answer.Length, .. answer]));
        Way way = Wrap("dnssplit:direct=cluster.local&resolver=10.96.0.10&remote=1.1.1.1", new NoPackets("httpconnect"), streams);
        PacketRecorder recorder = new();
        using IPacketConnection socket = await ListenAsync(way, recorder);
        socket.Send(query, s_anyResolver);
        Assert.Equal(answer, (await recorder.NextAsync()).Payload);
        Assert.Equal(["1.1.1.1:53"], streams.Dialled);
    }

    [Fact]
    public async Task Udp_WithACache_AsksTheRemoteResolverOnce()
    {
        _remote.Answer = (query, _) => DnsMessages.Answer(query, DnsMessages.Address("192.0.2.1"));
        Way way = Wrap("dnssplit:direct=cluster.local&resolver=10.96.0.10&remote=1.1.1.1&cache=10");
        PacketRecorder recorder = new();
        using IPacketConnection socket = await ListenAsync(way, recorder);
        socket.Send(DnsMessages.Query("example.com", id: 1), s_anyResolver);
        socket.Send(DnsMessages.Query("example.com", id: 2), s_anyResolver);
        Assert.Single(_remote.Asked);
        Assert.Equal(2, recorder.Packets);
    }

    [Fact]
    public async Task Tcp_QueriesInAnyPieces_AreAnsweredInOneConnection()
    {
        Way way = Wrap("dnssplit:direct=cluster.local&resolver=10.96.0.10&remote=1.1.1.1");
        using IStreamConnection connection = await way.Streams.DialAsync(s_anyResolver, TestContext.Current.CancellationToken);
        byte[] first = DnsMessages.Query("db.cluster.local", id: 1);
        byte[] second = DnsMessages.Query("example.com", id: 2);
        byte[] both = [0, (byte)first.Length, .. first, 0, (byte)second.Length, .. second];
        foreach (byte one in both)
        {
            await connection.WriteAsync(new[] { one }, TestContext.Current.CancellationToken);
        }

        byte[] answer = await ReadFrame(connection);
        Assert.Null(DnsAnswerCheck.Fault(first, answer));
        answer = await ReadFrame(connection);
        Assert.Null(DnsAnswerCheck.Fault(second, answer));
        await connection.CloseWriteAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, await connection.ReadAsync(new byte[1], TestContext.Current.CancellationToken));
        Assert.Empty(_streams.Dialled);
        Assert.Equal((1, 1), (_cluster.Asked.Count, _remote.Asked.Count));
    }

    [Fact]
    public async Task Tcp_WaitingReader_IsAnsweredWhenTheAnswerComes()
    {
        _remote.Answer = (_, _) => null;
        Way way = Wrap("dnssplit:direct=cluster.local&resolver=10.96.0.10&remote=1.1.1.1");
        using IStreamConnection connection = await way.Streams.DialAsync(s_anyResolver, TestContext.Current.CancellationToken);
        byte[] query = DnsMessages.Query("example.com");
        await connection.WriteAsync((byte[])[0, (byte)query.Length, .. query], TestContext.Current.CancellationToken);
        Task<byte[]> frame = ReadFrame(connection);
        Assert.False(frame.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(8));
        Assert.Equal(DnsRcode.ServerFailure, new DnsResponse(await frame).Rcode);
    }

    [Fact]
    public async Task Tcp_QueriesBeyondTheLimit_WaitForRoom()
    {
        _remote.Answer = (_, _) => null;
        Way way = Wrap("dnssplit:direct=cluster.local&resolver=10.96.0.10&remote=1.1.1.1");
        using IStreamConnection connection = await way.Streams.DialAsync(s_anyResolver, TestContext.Current.CancellationToken);
        byte[] query = DnsMessages.Query("example.com");
        byte[] framed = [0, (byte)query.Length, .. query];
        ValueTask writing = connection.WriteAsync((byte[])[.. Enumerable.Repeat(framed, 33).SelectMany(one => one)], TestContext.Current.CancellationToken);
        Assert.False(writing.IsCompleted);
        Assert.Equal(32, _remote.Asked.Count);
        _time.Advance(TimeSpan.FromSeconds(8));
        Assert.False(writing.IsCompleted); // answered, but nobody has read it
        Assert.Equal(DnsRcode.ServerFailure, new DnsResponse(await ReadFrame(connection)).Rcode);
        await writing;
    }

    [Fact]
    public async Task Tcp_SilentOrBrokenClient_IsLetGo()
    {
        Way way = Wrap("dnssplit:direct=cluster.local&resolver=10.96.0.10&remote=1.1.1.1");
        using IStreamConnection silent = await way.Streams.DialAsync(s_anyResolver, TestContext.Current.CancellationToken);
        ValueTask<int> read = silent.ReadAsync(new byte[1], TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(0, await read);

        using IStreamConnection broken = await way.Streams.DialAsync(s_anyResolver, TestContext.Current.CancellationToken);
        await broken.WriteAsync((byte[])[0, 3, 1, 2, 3], TestContext.Current.CancellationToken);
        Assert.Equal(0, await broken.ReadAsync(new byte[1], TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<IOException>(async () => await broken.WriteAsync((byte[])[0], TestContext.Current.CancellationToken));

        using IStreamConnection aborted = await way.Streams.DialAsync(s_anyResolver, TestContext.Current.CancellationToken);
        ValueTask<int> pending = aborted.ReadAsync(new byte[1], TestContext.Current.CancellationToken);
        aborted.Abort();
        await Assert.ThrowsAsync<IOException>(async () => await pending);
    }

    [Fact]
    public async Task Tcp_OtherPorts_AreDialled()
    {
        Way way = Wrap("dnssplit:direct=cluster.local&resolver=10.96.0.10&remote=1.1.1.1");
        await way.Streams.DialAsync(AddrPort.Parse("8.8.8.8:443"), TestContext.Current.CancellationToken);
        Assert.Equal(["8.8.8.8:443"], _streams.Dialled);
    }

    [Fact]
    public async Task ResolvConf_ThatIsNamed_GivesResolversAndSearchDomains()
    {
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, "nameserver 10.96.0.77\nsearch shop.example\n", TestContext.Current.CancellationToken);
            Way way = Wrap($"dnssplit:direct=search&remote=1.1.1.1&resolvconf={path}");
            using IPacketConnection socket = await ListenAsync(way, new PacketRecorder());
            socket.Send(DnsMessages.Query("db.shop.example"), s_anyResolver);
            Assert.Equal([(AddrPort.Parse("10.96.0.77:53"), "db.shop.example.")], _cluster.Asked);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Udp_RemoteOverHttps_IsAskedInTlsThroughTheWay_AtItsPort()
    {
        MemoryStreamConnection resolver = new([], hang: true);
        DialRecorder streams = new(_ => resolver);
        Way way = Wrap("dnssplit:direct=cluster.local&remote=dns.example&over=https&resolver=10.96.0.10", new NoPackets("httpconnect"), streams);
        using IPacketConnection socket = await ListenAsync(way, new PacketRecorder());
        socket.Send(DnsMessages.Query("example.com"), s_anyResolver);
        Assert.Equal(["dns.example:443"], streams.Dialled);
        string hello = System.Text.Encoding.Latin1.GetString(resolver.Writes[0]);
        Assert.Equal((char)22, hello[0]);
        Assert.All(["dns.example", "\u0002h2\u0008http/1.1"], offer => Assert.Contains(offer, hello, StringComparison.Ordinal));
        Assert.Empty(_cluster.Asked);
    }

    [Fact]
    public async Task Do53_ByName_StraightFromHere_IsAskedOverUdp_WhereTheNameLeads()
    {
        List<string> looked = [];
        HopContext context = new(new Way(_streams, _remote), _time, lookup: (host, _) =>
        {
            looked.Add(host);
            return new ValueTask<IReadOnlyList<IpAddr>>([IpAddr.Parse("192.0.2.53")]);
        });
        DnsResolver resolver = Do53("do53:address=dns.example", context.Direct, context);
        await resolver.QueryAsync(DnsMessages.Question("a.example"), TestContext.Current.CancellationToken);
        await resolver.QueryAsync(DnsMessages.Question("b.example"), TestContext.Current.CancellationToken);
        Assert.Equal([(AddrPort.Parse("192.0.2.53:53"), "a.example."), (AddrPort.Parse("192.0.2.53:53"), "b.example.")], _remote.Asked);
        Assert.Equal(["dns.example"], looked);
        Assert.Empty(_streams.Dialled);
    }

    [Fact]
    public async Task Do53_ByName_BehindAProxyThatTakesNames_IsAskedOverUdpByItsName()
    {
        NamedListener proxy = new(_remote);
        HopContext context = new(new Way(_streams, _cluster), _time, lookup: (_, _) => throw new InvalidOperationException("asked here"));
        DnsResolver resolver = Do53("do53:address=dns.example:5353", new Way(_streams, proxy), context);
        await resolver.QueryAsync(DnsMessages.Question("a.example"), TestContext.Current.CancellationToken);
        Assert.Equal(new HostPort("dns.example", 5353), Assert.Single(proxy.Servers));
        Assert.Empty(_streams.Dialled);
    }

    [Fact]
    public async Task Do53_ByName_BehindAProxyThatTakesAddressesOnly_IsAskedOverTcp_WhichKnowsTheName()
    {
        HopContext context = new(new Way(new DialRecorder(), _cluster), _time, lookup: (_, _) => throw new InvalidOperationException("asked here"));
        DialRecorder streams = new(_ => throw new DialException(DialFailure.Refused, "far"));
        DnsResolver resolver = Do53("do53:address=dns.example", new Way(streams, _remote), context);
        await Assert.ThrowsAsync<DnsException>(
            async () => await resolver.QueryAsync(DnsMessages.Question("a.example"), TestContext.Current.CancellationToken));
        Assert.Equal(["dns.example:53"], streams.Dialled);
        Assert.Empty(_remote.Asked);
    }

    [Fact]
    public async Task Do53_Names_AreResolvedThroughTheWayAndRaced()
    {
        _remote.Answer = (query, _) => DnsAnswerCheck.TryReadQuery(query, out DnsQuestion question) && question.Type == DnsType.A
            ? DnsMessages.Answer(query, DnsMessages.Address("127.0.0.1"))
            : DnsMessages.Answer(query, DnsMessages.Address("::1"));
        DialRecorder streams = new(destination => destination.Address.IsV4
            ? new MemoryStreamConnection([]) : throw new DialException(DialFailure.Refused, "refused"));
        Way way = Wrap("do53:address=1.1.1.1&cache=10", _remote, streams);
        await way.Streams.DialAsync(new HostPort("localhost", 8080), TestContext.Current.CancellationToken);
        Assert.Equal(["[::1]:8080", "127.0.0.1:8080"], streams.Dialled);
        Assert.Same(_remote, way.Packets);
        await way.Streams.DialAsync(new HostPort("localhost", 8080), TestContext.Current.CancellationToken);
        Assert.Equal(2, _remote.Asked.Count);
        await way.Streams.DialAsync(AddrPort.Parse("192.0.2.1:80"), TestContext.Current.CancellationToken);
        Assert.Equal(2, _remote.Asked.Count);
    }

    // The resolver that the hop gives its lookups, by itself.
    private static DnsResolver Do53(string text, Way inner, HopContext context)
    {
        Assert.True(HopRegistry.Standard.TryParse(text, out Chain? chain, out ChainError? error), error?.ToString());
        Do53Hop hop = Assert.IsType<Do53Hop>(Assert.Single(chain.Hops));
        return new DnsResolver(DnsFallbackTransport.Over(inner, hop.Server, context), context.TimeProvider);
    }

    private Way Wrap(string text, IPacketListener? packets = null, IStreamDialer? streams = null)
    {
        Assert.True(HopRegistry.Standard.TryParse(text, out Chain? chain, out ChainError? error), error?.ToString());
        Way direct = new(new DialRecorder(), _cluster);
        return chain.Wrap(new Way(streams ?? _streams, packets ?? _remote), new HopContext(direct, _time));
    }

    private static async Task<IPacketConnection> ListenAsync(Way way, PacketRecorder recorder)
    {
        IPacketConnection socket = await way.Packets.ListenAsync(TestContext.Current.CancellationToken);
        socket.Receive(recorder);
        return socket;
    }

    private static async Task<byte[]> ReadFrame(IStreamConnection connection)
    {
        byte[]? frame = await DnsFraming.ReadAsync(connection, TestContext.Current.CancellationToken);
        return frame ?? throw new EndOfStreamException();
    }

    /// <summary>A proxy's packets, which take the name of a server.</summary>
    private sealed class NamedListener(IPacketListener inner) : IServerPacketListener
    {
        public List<HostPort> Servers { get; } = [];

        public ValueTask<IPacketConnection> ListenAsync(CancellationToken cancellationToken = default) => inner.ListenAsync(cancellationToken);

        public ValueTask<IPacketConnection> ListenAsync(HostPort server, CancellationToken cancellationToken = default)
        {
            Servers.Add(server);
            return inner.ListenAsync(cancellationToken);
        }
    }
}
