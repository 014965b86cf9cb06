using NetControl.Testing;

namespace NetControl.Network.Tests;

public sealed class DnsInterceptPacketProxyTests
{
    private static readonly AddrPort s_local = AddrPort.Parse("10.0.0.1:53");
    private static readonly AddrPort s_remote = AddrPort.Parse("8.8.8.8:53");
    private static readonly AddrPort s_other = AddrPort.Parse("192.0.2.7:443");
    private readonly ManualTimeProvider _time = new();
    private readonly FakePacketProxy _queries = new();
    private readonly FakePacketProxy _others = new();
    private readonly RecordingReceiver _receiver = new();

    [Theory]
    [InlineData("10.0.0.1:53", "10.0.0.1:53")]
    [InlineData("[::ffff:10.0.0.1]:53", "10.0.0.1:53")]
    [InlineData("10.0.0.1:53", "[::ffff:10.0.0.1]:53")]
    [InlineData("[2001:db8::1]:53", "[2001:db8::1]:53")]
    public void Query_GoesToTheRemoteResolver_AndItsAnswerComesFromTheLocalOne(string local, string asked)
    {
        IPacketRequestSender sender = Start(AddrPort.Parse(local));
        Assert.Equal(3, sender.WriteTo([1, 2, 3], AddrPort.Parse(asked)));
        Assert.Equal((1, 0), (_queries.Count, _others.Count));
        (byte[] payload, AddrPort destination) = Assert.Single(_queries[0].Sent);
        Assert.Equal([1, 2, 3], payload);
        Assert.Equal(s_remote, destination);
        Assert.False(_queries[0].Closed);
        _queries[0].Receiver.WriteFrom([4, 5], s_remote);
        (payload, AddrPort source) = Assert.Single(_receiver.Received);
        Assert.Equal([4, 5], payload);
        Assert.Equal(AddrPort.Parse(local), source);
        Assert.True(_queries[0].Closed);
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public void Query_ToAnotherPortOfTheResolver_IsNoQuery()
    {
        IPacketRequestSender sender = Start(s_local);
        sender.WriteTo([1], new AddrPort(s_local.Address, 54));
        Assert.Equal((0, 1), (_queries.Count, _others.Count));
    }

    [Fact]
    public void Others_ShareOneSession_UnchangedBothWays_UntilTheEnd()
    {
        IPacketRequestSender sender = Start(s_local);
        sender.WriteTo([1], s_other);
        sender.WriteTo([2], s_other);
        Assert.Equal((0, 1), (_queries.Count, _others.Count));
        Assert.Equal(2, _others[0].Sent.Count(sent => sent.Destination == s_other));
        _others[0].Receiver.WriteFrom([3], s_other);
        _others[0].Receiver.WriteFrom([4], s_remote);
        Assert.Equal([s_other, s_remote], _receiver.Received.Select(received => received.Source));
        Assert.False(_others[0].Closed);
        sender.Close();
        Assert.True(_others[0].Closed);
        Assert.Equal(1, _receiver.CloseCalls);
        NetworkAssert.Closed(() => sender.WriteTo([1], s_other));
        NetworkAssert.Closed(sender.Close);
    }

    [Fact]
    public void Session_ClosesItself_WithTheAnswerToItsOnlyQuery()
    {
        IPacketRequestSender sender = Start(s_local);
        sender.WriteTo([1], s_local);
        _queries[0].Receiver.WriteFrom([2], s_remote);
        Assert.Equal(1, _receiver.CloseCalls);
        NetworkAssert.Closed(() => sender.WriteTo([1], s_local));
        NetworkAssert.Closed(sender.Close);
    }

    [Fact]
    public void Session_LivesOn_WhileOthersAreServed()
    {
        IPacketRequestSender sender = Start(s_local);
        sender.WriteTo([1], s_other);
        sender.WriteTo([1], s_local);
        _queries[0].Receiver.WriteFrom([2], s_remote);
        Assert.Equal(0, _receiver.CloseCalls);
        _others[0].Receiver.Close();
        Assert.Equal(1, _receiver.CloseCalls);
    }

    [Fact]
    public void Queries_HaveASessionEach()
    {
        IPacketRequestSender sender = Start(s_local);
        for (byte i = 0; i < 3; i++)
        {
            sender.WriteTo([i], s_local);
        }

        Assert.Equal(3, _queries.Count);
        for (byte i = 0; i < 3; i++)
        {
            _queries[i].Receiver.WriteFrom([i], s_remote);
        }

        Assert.Equal([s_local, s_local, s_local], _receiver.Received.Select(received => received.Source));
        Assert.Equal(1, _receiver.CloseCalls);
    }

    [Fact]
    public void Query_SecondAnswer_IsIgnored()
    {
        IPacketRequestSender sender = Start(s_local);
        sender.WriteTo([9], s_other);
        sender.WriteTo([1], s_local);
        IPacketResponseReceiver answers = _queries[0].Receiver;
        answers.WriteFrom([2], s_remote);
        answers.WriteFrom([3], s_remote);
        Assert.Equal([2], Assert.Single(_receiver.Received).Payload);
    }

    [Fact]
    public void Query_AnsweredWhileItIsAsked_IsDelivered()
    {
        var proxy = new DnsInterceptPacketProxy(new DnsTruncatePacketProxy(), _others, s_local, s_remote, Options());
        IPacketRequestSender sender = proxy.NewSession(_receiver);
        sender.WriteTo([9], s_other);
        Assert.Equal(12, sender.WriteTo(new byte[12], s_local));
        Assert.Equal(s_local, Assert.Single(_receiver.Received).Source);
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public void Query_ThatCannotBeAsked_HarmsNoOther()
    {
        IPacketRequestSender sender = Start(s_local);
        _queries.Error = new DialException(DialFailure.ProxyUnreachable, "down");
        NetworkAssert.Fails(NetworkError.PortUnreachable, () => sender.WriteTo([1], s_local));
        Assert.Equal(0, _receiver.CloseCalls);
        _queries.Error = null;
        sender.WriteTo([2], s_local);
        _queries[0].Receiver.WriteFrom([3], s_remote);
        Assert.Single(_receiver.Received);
        Assert.Equal(0, _receiver.CloseCalls);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal((1, 0), (_receiver.CloseCalls, _time.ArmedTimers));
    }

    [Fact]
    public void Query_WhoseSessionRefusesToSend_HarmsNoOther()
    {
        IPacketRequestSender sender = Start(s_local);
        _queries.SendError = NetworkError.Closed;
        NetworkAssert.Fails(NetworkError.PortUnreachable, () => sender.WriteTo([1], s_local));
        Assert.True(_queries[0].Closed);
        _queries.SendError = null;
        Assert.Equal(1, sender.WriteTo([2], s_local));
        Assert.Equal(0, _receiver.CloseCalls);
    }

    [Fact]
    public void Query_WithoutAnswer_EndsAtItsTimeout()
    {
        IPacketRequestSender sender = Start(s_local);
        sender.WriteTo([1], s_local);
        _time.Advance(TimeSpan.FromSeconds(9));
        sender.WriteTo([2], s_local);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((true, false, 0), (_queries[0].Closed, _queries[1].Closed, _receiver.CloseCalls));
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal((true, 1, 0), (_queries[1].Closed, _receiver.CloseCalls, _time.ArmedTimers));
    }

    [Fact]
    public void Queries_BeyondTheLimit_AreDropped()
    {
        IPacketRequestSender sender = Start(s_local);
        for (int i = 0; i < 130; i++)
        {
            Assert.Equal(1, sender.WriteTo([1], s_local));
        }

        Assert.Equal(128, _queries.Count);
    }

    [Fact]
    public void Others_ThatCannotBeOpened_AreTriedAgain()
    {
        IPacketRequestSender sender = Start(s_local);
        _others.Error = new DialException(DialFailure.NotAllowed, "streams only");
        NetworkAssert.Fails(NetworkError.PortUnreachable, () => sender.WriteTo([1], s_other));
        _others.Error = null;
        Assert.Equal(1, sender.WriteTo([1], s_other));
        Assert.Single(_others[0].Sent);
    }

    [Fact]
    public void Unreachable_Resolver_IsReportedAsTheLocalOne()
    {
        IPacketRequestSender sender = Start(s_local);
        sender.WriteTo([1], s_local);
        ((IPacketErrorReceiver)_queries[0].Receiver).OnUnreachable(s_remote, UnreachableReason.Port);
        sender.WriteTo([1], s_other);
        ((IPacketErrorReceiver)_others[0].Receiver).OnUnreachable(s_other, UnreachableReason.Host);
        Assert.Equal([(s_local, UnreachableReason.Port), (s_other, UnreachableReason.Host)], _receiver.Unreachable);
    }

    [Fact]
    public async Task Close_WhileOthersAreBeingOpened_LetsAllWaitersGo()
    {
        IPacketRequestSender sender = Start(s_local);
        using var inside = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        _others.BeforeSession = () =>
        {
            inside.Set();
            release.Wait(TestContext.Current.CancellationToken);
        };
        Task<NetworkException> first = Failure();
        inside.Wait(TestContext.Current.CancellationToken);
        Task<NetworkException> second = Failure();
        sender.Close();
        Assert.Equal(NetworkError.Closed, (await second).Error);
        Assert.False(first.IsCompleted);
        release.Set();
        Assert.Equal(NetworkError.Closed, (await first).Error);
        Assert.True(_others[0].Closed);
        Assert.Equal((1, 1), (_others.Count, _receiver.CloseCalls));

        Task<NetworkException> Failure() => Task.Factory.StartNew(
            () => Assert.Throws<NetworkException>(() => sender.WriteTo([1], s_other)),
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    [Fact]
    public void Close_EndsEveryQuery()
    {
        IPacketRequestSender sender = Start(s_local);
        sender.WriteTo([1], s_local);
        sender.WriteTo([2], s_local);
        sender.Close();
        Assert.Equal((true, true, 1, 0), (_queries[0].Closed, _queries[1].Closed, _receiver.CloseCalls, _time.ArmedTimers));
    }

    [Fact]
    public void Nulls_AreRefused()
    {
        Assert.Throws<ArgumentNullException>(() => new DnsInterceptPacketProxy(null!, _others, s_local, s_remote));
        Assert.Throws<ArgumentNullException>(() => new DnsInterceptPacketProxy(_queries, null!, s_local, s_remote));
        Assert.Throws<ArgumentNullException>(() => new DnsInterceptPacketProxy(_queries, _others, s_local, s_remote).NewSession(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DnsInterceptOptions { QueryTimeout = TimeSpan.Zero });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DnsInterceptOptions { MaxPendingQueries = 0 });
    }

    private DnsInterceptOptions Options() => new() { TimeProvider = _time };

    private IPacketRequestSender Start(AddrPort local) =>
        new DnsInterceptPacketProxy(_queries, _others, local, s_remote, Options()).NewSession(_receiver);
}
