using NetControl.Network;
using NetControl.Testing;
using NetControl.Transport.Dns;
using NetControl.Transport.Tests.Socks5;

namespace NetControl.Transport.Tests.Dns;

public sealed class DnsTransportTests
{
    private static readonly AddrPort s_server = AddrPort.Parse("192.0.2.53:53");
    private static readonly byte[] s_query = DnsMessages.Query("www.example.com");
    private readonly MemoryPacketListener _packets = new();

    [Fact]
    public async Task Packets_WhatDoesNotAnswer_IsIgnored()
    {
        ValueTask<byte[]> exchange = OverPackets();
        MemoryPacketConnection socket = _packets.Last;
        Assert.Equal(s_query, Assert.Single(socket.Sent).Payload);
        socket.Handler!.OnPacket([1, 2, 3], s_server);
        socket.Handler.OnPacket(DnsMessages.Answer(DnsMessages.Query("www.example.com", id: 1)), s_server);
        Assert.False(exchange.IsCompleted);
        byte[] answer = DnsMessages.Answer(s_query, DnsMessages.Address("192.0.2.1"));
        socket.Handler.OnPacket(answer, s_server);
        Assert.Equal(answer, await exchange);
        Assert.True(socket.Disposed);
    }

    [Fact]
    public async Task Packets_EachQueryHasASocketOfItsOwn()
    {
        ValueTask<byte[]> first = OverPackets();
        ValueTask<byte[]> second = OverPackets();
        byte[] answer = DnsMessages.Answer(s_query);
        _packets.Opened.ForEach(socket => socket.Handler!.OnPacket(answer, s_server));
        await first;
        await second;
        Assert.Equal(2, _packets.Opened.Count);
    }

    [Fact]
    public async Task Packets_BadPacketThenTheEnd_TellsBoth()
    {
        ValueTask<byte[]> exchange = OverPackets();
        _packets.Last.Handler!.OnPacket([1], s_server);
        _packets.Last.Dispose();
        DnsException e = await Assert.ThrowsAsync<DnsException>(async () => await exchange);
        Assert.Equal(DnsError.Receive, e.Error);
        IReadOnlyList<Exception> causes = Assert.IsType<AggregateException>(e.InnerException).InnerExceptions;
        Assert.Equal(2, causes.Count);
        Assert.Equal(DnsError.BadResponse, Assert.IsType<DnsException>(causes[0]).Error);
        Assert.IsType<EndOfStreamException>(causes[1]);
    }

    [Fact]
    public async Task Packets_Failures_AreNamedByTheirStep()
    {
        _packets.Error = new DialException(DialFailure.NotAllowed, "streams only");
        Assert.Equal(DnsError.Dial, await ErrorOf(() => OverPackets()));
        _packets.Error = null;
        _packets.BeforeSend = () => throw new NetworkException(NetworkError.Closed);
        Assert.Equal(DnsError.Send, await ErrorOf(() => OverPackets()));
        Assert.True(_packets.Last.Disposed);
        _packets.BeforeSend = () => _packets.Last.Handler!.OnUnreachable(s_server, UnreachableReason.Port);
        Assert.Equal(DnsError.Receive, await ErrorOf(() => OverPackets()));
        Assert.Equal(DnsError.BadRequest, await ErrorOf(() => new DnsPacketTransport(_packets, s_server).ExchangeAsync(new byte[20])));
    }

    [Fact]
    public async Task Packets_Cancel_ClosesTheSocket()
    {
        using CancellationTokenSource cancel = new();
        ValueTask<byte[]> exchange = OverPackets(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await exchange);
        Assert.True(_packets.Last.Disposed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public async Task Stream_QueryAndAnswer_HaveTheirLengthBeforeThem(int piece)
    {
        byte[] answer = DnsMessages.Answer(s_query, DnsMessages.Address("192.0.2.1"));
        MemoryStreamConnection connection = new([0, (byte)answer.Length, .. answer]) { MostBytesPerRead = piece };
        Assert.Equal(answer, await OverStream(connection));
        Assert.Equal([0, (byte)s_query.Length, .. s_query], Assert.Single(connection.Writes));
        Assert.Equal((false, true), (connection.Aborted, connection.Disposed));
    }

    [Theory]
    [InlineData(new byte[] { }, DnsError.Receive)]
    [InlineData(new byte[] { 0 }, DnsError.Receive)]
    [InlineData(new byte[] { 0, 9, 1, 2 }, DnsError.Receive)]
    [InlineData(new byte[] { 0, 3, 1, 2, 3 }, DnsError.BadResponse)]
    [InlineData(new byte[] { 0, 12, 0x12, 0x34, 0x81, 0x80, 0, 0, 0, 0, 0, 0, 0, 0 }, DnsError.BadResponse)]
    public async Task Stream_BrokenAnswer_IsTypedAndLeavesNothingOpen(byte[] said, DnsError error)
    {
        MemoryStreamConnection connection = new(said);
        DnsException e = await Assert.ThrowsAsync<DnsException>(async () => await OverStream(connection));
        Assert.Equal(error, e.Error);
        Assert.Equal((true, true), (connection.Aborted, connection.Disposed));
        Assert.Equal(error == DnsError.Receive, e.InnerException is EndOfStreamException);
    }

    [Fact]
    public async Task Stream_WrongId_IsABadAnswer()
    {
        byte[] answer = DnsMessages.Answer(DnsMessages.Query("www.example.com", id: 7));
        Assert.Equal(DnsError.BadResponse, await ErrorOf(() => OverStream(new MemoryStreamConnection([0, (byte)answer.Length, .. answer]))));
    }

    [Fact]
    public async Task Stream_ThatCannotBeDialled_IsTyped()
    {
        DnsStreamTransport transport = new(new FixedEndpoint(null, new DialException(DialFailure.Refused, "refused")));
        Assert.Equal(DnsError.Dial, await ErrorOf(() => transport.ExchangeAsync(s_query)));
    }

    [Fact]
    public async Task Stream_ThatHasAnswered_IsUsedAgain_UntilItHasWaitedTooLong()
    {
        ManualTimeProvider time = new();
        byte[] answer = DnsMessages.Answer(s_query, DnsMessages.Address("192.0.2.1"));
        byte[] framed = [0, (byte)answer.Length, .. answer];
        MemoryStreamConnection first = new([.. framed, .. framed], hang: true);
        MemoryStreamConnection second = new(framed, hang: true);
        Queue<IStreamConnection> connections = new([first, second]);
        DnsStreamTransport transport = new(new QueueEndpoint(connections), time);
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(answer, await transport.ExchangeAsync(s_query, TestContext.Current.CancellationToken));
            time.Advance(TimeSpan.FromSeconds(9));
        }

        Assert.Equal((2, 1, false), (first.Writes.Count, connections.Count, first.Disposed));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((false, true), (first.Aborted, first.Disposed));
        Assert.Equal(answer, await transport.ExchangeAsync(s_query, TestContext.Current.CancellationToken));
        Assert.Single(second.Writes);
        Assert.Equal(1, time.ArmedTimers);
    }

    [Fact]
    public async Task Stream_ThatTheResolverHasClosedMeanwhile_IsReplaced_AndOneThatLiesIsNot()
    {
        ManualTimeProvider time = new();
        byte[] answer = DnsMessages.Answer(s_query, DnsMessages.Address("192.0.2.1"));
        byte[] framed = [0, (byte)answer.Length, .. answer];
        MemoryStreamConnection closing = new(framed); // answers once, and ends
        MemoryStreamConnection lying = new([.. framed, 0, 3, 1, 2, 3], hang: true);
        Queue<IStreamConnection> connections = new([closing, lying]);
        DnsStreamTransport transport = new(new QueueEndpoint(connections), time);
        Assert.Equal(answer, await transport.ExchangeAsync(s_query, TestContext.Current.CancellationToken));
        Assert.Equal(answer, await transport.ExchangeAsync(s_query, TestContext.Current.CancellationToken));
        Assert.Equal((true, 0), (closing.Disposed, connections.Count));
        Assert.Equal(DnsError.BadResponse, await ErrorOf(() => transport.ExchangeAsync(s_query)));
        Assert.Equal((true, true), (lying.Aborted, lying.Disposed));
        Assert.Equal(0, time.ArmedTimers);
    }

    [Fact]
    public async Task Stream_OfAnotherLoop_IsNotTaken()
    {
        object loop = new();
        byte[] answer = DnsMessages.Answer(s_query, DnsMessages.Address("192.0.2.1"));
        byte[] framed = [0, (byte)answer.Length, .. answer];
        Queue<IStreamConnection> connections = new([new MemoryStreamConnection([.. framed, .. framed], hang: true), new MemoryStreamConnection(framed, hang: true)]);
        DnsStreamTransport transport = new(new QueueEndpoint(connections), new ManualTimeProvider(), () => loop);
        await transport.ExchangeAsync(s_query, TestContext.Current.CancellationToken);
        loop = new object();
        await transport.ExchangeAsync(s_query, TestContext.Current.CancellationToken);
        Assert.Empty(connections);
    }

    [Fact]
    public async Task Fallback_TruncatedAnswer_IsAskedForOverAStream()
    {
        byte[] whole = DnsMessages.Answer(s_query, DnsMessages.Address("192.0.2.1"));
        FakeDnsTransport packets = new(query => DnsMessages.Answer(query, 0x8380, [], []));
        FakeDnsTransport streams = new(_ => whole);
        Assert.Equal(whole, await new DnsFallbackTransport(packets, streams).ExchangeAsync(s_query, TestContext.Current.CancellationToken));
        Assert.Equal((1, 1), (packets.Asked.Count, streams.Asked.Count));
    }

    [Fact]
    public async Task Fallback_Silence_IsBrokenTwiceAndThenOverAStream()
    {
        ManualTimeProvider time = new();
        FakeDnsTransport packets = new(_ => []) { IsSilent = true };
        FakeDnsTransport streams = new(query => DnsMessages.Answer(query));
        ValueTask<byte[]> exchange = new DnsFallbackTransport(packets, streams, time).ExchangeAsync(s_query, TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal((2, 0), (packets.Asked.Count, streams.Asked.Count));
        time.Advance(TimeSpan.FromSeconds(2));
        await exchange;
        Assert.Equal((2, 1, 0), (packets.Asked.Count, streams.Asked.Count, time.ArmedTimers));
    }

    [Fact]
    public async Task Fallback_WhereDatagramsWereSilent_AsksOverAStreamAtOnce_AndTriesThemAgainAfterAMinute()
    {
        ManualTimeProvider time = new();
        FakeDnsTransport packets = new(_ => []) { IsSilent = true };
        FakeDnsTransport streams = new(query => DnsMessages.Answer(query));
        DnsFallbackTransport transport = new(packets, streams, time);
        ValueTask<byte[]> first = transport.ExchangeAsync(s_query, TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(2));
        time.Advance(TimeSpan.FromSeconds(2));
        await first;
        await transport.ExchangeAsync(s_query, TestContext.Current.CancellationToken); // time stands still
        Assert.Equal((2, 2), (packets.Asked.Count, streams.Asked.Count));
        time.Advance(TimeSpan.FromMinutes(1));
        packets.IsSilent = false;
        packets.Answer = query => DnsMessages.Answer(query);
        await transport.ExchangeAsync(s_query, TestContext.Current.CancellationToken);
        Assert.Equal((3, 2), (packets.Asked.Count, streams.Asked.Count));
    }

    [Fact]
    public async Task Fallback_AResolverThatIsSilentOnBoth_IsAskedByDatagramsAgain()
    {
        ManualTimeProvider time = new();
        FakeDnsTransport packets = new(_ => []) { IsSilent = true };
        FakeDnsTransport streams = new(_ => throw new DnsException(DnsError.Dial, "down"));
        DnsFallbackTransport transport = new(packets, streams, time);
        for (int asked = 2; asked <= 4; asked += 2)
        {
            ValueTask<byte[]> exchange = transport.ExchangeAsync(s_query, TestContext.Current.CancellationToken);
            time.Advance(TimeSpan.FromSeconds(2));
            time.Advance(TimeSpan.FromSeconds(2));
            await Assert.ThrowsAsync<DnsException>(async () => await exchange);
            Assert.Equal(asked, packets.Asked.Count);
        }
    }

    [Fact]
    public async Task Fallback_WayWithoutPackets_CostsNoTime()
    {
        FakeDnsTransport packets = new(_ => throw new DnsException(DnsError.Dial, "streams only"));
        FakeDnsTransport streams = new(query => DnsMessages.Answer(query));
        await new DnsFallbackTransport(packets, streams, new ManualTimeProvider()).ExchangeAsync(s_query, TestContext.Current.CancellationToken);
        Assert.Equal((1, 1), (packets.Asked.Count, streams.Asked.Count));
    }

    [Fact]
    public async Task Resolver_WithoutAnswer_GivesUpInTime()
    {
        ManualTimeProvider time = new();
        DnsResolver resolver = new(new FakeDnsTransport(_ => []) { IsSilent = true }, time);
        ValueTask<DnsResponse> query = resolver.QueryAsync(DnsMessages.Question("a.example"), TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(10));
        DnsException e = await Assert.ThrowsAsync<DnsException>(async () => await query);
        Assert.Equal((DnsError.Receive, "no answer within 10 s"), (e.Error, e.Message));
    }

    [Fact]
    public async Task Resolver_Answers_AreAddressesOrSayNo()
    {
        FakeDnsTransport transport = new(query => DnsMessages.Answer(query, DnsMessages.Address("192.0.2.1")));
        DnsResolver resolver = new(transport);
        CancellationToken token = TestContext.Current.CancellationToken;
        Assert.Equal([IpAddr.Parse("192.0.2.1")], await resolver.LookUpAsync("a.example", DnsType.A, token));
        transport.Answer = query => DnsMessages.Answer(query, 0x8183, [], []);
        DnsException e = await Assert.ThrowsAsync<DnsException>(async () => await resolver.LookUpAsync("a.example", DnsType.A, token));
        Assert.Equal("the resolver answered NXDOMAIN for a.example.", e.Message);
        Assert.Equal(DnsError.BadRequest, await ErrorOf(async () =>
        {
            await resolver.LookUpAsync(new string('a', 400), DnsType.A, token);
            return [];
        }));
    }

    private ValueTask<byte[]> OverPackets(CancellationToken cancellationToken = default) =>
        new DnsPacketTransport(_packets, s_server).ExchangeAsync(s_query, cancellationToken);

    private static ValueTask<byte[]> OverStream(MemoryStreamConnection connection) =>
        new DnsStreamTransport(new FixedEndpoint(connection)).ExchangeAsync(s_query);

    private static async Task<DnsError> ErrorOf(Func<ValueTask<byte[]>> exchange) =>
        (await Assert.ThrowsAsync<DnsException>(async () => await exchange())).Error;

    /// <summary>An endpoint that hands out connections in their order.</summary>
    private sealed class QueueEndpoint(Queue<IStreamConnection> connections) : IStreamEndpoint
    {
        public ValueTask<IStreamConnection> ConnectAsync(CancellationToken cancellationToken = default) => new(connections.Dequeue());
    }
}
