using NetControl.Network;
using NetControl.Testing;
using NetControl.Transport.Chains;
using NetControl.Transport.Dns;
using NetControl.Transport.Measures;

namespace NetControl.Transport.Tests.Dns;

public sealed class DnsMeterTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly DnsMeter _meter = new();

    [Fact]
    public async Task Caches_ThatShareAMeter_AreCountedTogether()
    {
        FakeDnsTransport inner = new(query => DnsMessages.Answer(query, DnsMessages.Address("192.0.2.1")));
        DnsCacheTransport first = Cache(inner, capacity: 2);
        DnsCacheTransport second = Cache(inner, capacity: 2);
        await AskAsync(first, "a.example", "b.example", "a.example", "c.example"); // b gives way
        inner.Answer = query => DnsMessages.Answer(query, 0x8183, [], [DnsMessages.Soa(60, 60)]);
        await AskAsync(second, "no.example", "no.example", "no.example");
        Assert.Equal(
            (1, 2, 4, 0),
            (_meter.Lookups(DnsCacheResult.Hit), _meter.Lookups(DnsCacheResult.NegativeHit), _meter.Lookups(DnsCacheResult.Miss), _meter.Lookups(DnsCacheResult.Stale)));
        Assert.Equal((true, 1, 3), (_meter.HasCache, _meter.Evictions, _meter.Entries));
        GC.KeepAlive(first);
        GC.KeepAlive(second);
    }

    [Fact]
    public void WithoutACache_ThereIsNothingToTell() =>
        Assert.Equal((false, 0, 0), (_meter.HasCache, _meter.Evictions, _meter.Entries));

    [Theory]
    [InlineData(0x8180, DnsOutcome.Noerror)]
    [InlineData(0x8183, DnsOutcome.Nxdomain)]
    [InlineData(0x8182, DnsOutcome.Servfail)]
    [InlineData(0x8185, DnsOutcome.Refused)]
    [InlineData(0x8184, DnsOutcome.OtherRcode)]
    public async Task Answers_AreToldByTheirCode(int flags, DnsOutcome outcome)
    {
        FakeDnsTransport inner = new(query =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(30));
            return DnsMessages.Answer(query, (ushort)flags, [], []);
        });
        await AskAsync(Metered(inner), "a.example");
        Expect(outcome, TimeSpan.FromMilliseconds(30));
    }

    [Theory]
    [InlineData(DnsError.Dial, DnsOutcome.Unreachable)]
    [InlineData(DnsError.Send, DnsOutcome.Unreachable)]
    [InlineData(DnsError.Receive, DnsOutcome.Unreachable)]
    [InlineData(DnsError.BadResponse, DnsOutcome.BadAnswer)]
    public async Task Failures_AreToldByTheirKind(DnsError error, DnsOutcome outcome)
    {
        FakeDnsTransport inner = new(_ => throw new DnsException(error, "no"));
        await Assert.ThrowsAsync<DnsException>(() => AskAsync(Metered(inner), "a.example"));
        Expect(outcome, TimeSpan.Zero);
    }

    [Theory]
    [InlineData(1999, DnsOutcome.Canceled)]
    [InlineData(2000, DnsOutcome.Timeout)]
    public async Task Silence_IsATimeout_WhenItLasted(int milliseconds, DnsOutcome outcome)
    {
        FakeDnsTransport inner = new(_ => []) { IsSilent = true };
        using CancellationTokenSource patience = new();
        ValueTask<byte[]> exchange = Metered(inner).ExchangeAsync(DnsMessages.Query("a.example"), patience.Token);
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await exchange);
        Expect(outcome, TimeSpan.FromMilliseconds(milliseconds));
    }

    [Theory]
    [InlineData("do53:address=192.0.2.53&cache=10", DnsResolverKind.Plain)]
    [InlineData("dot:address=192.0.2.53&cache=10", DnsResolverKind.Tls)]
    [InlineData("doh:name=dns.example&cache=10", DnsResolverKind.Https)]
    public async Task Hops_CountInTheirContextsMeter(string text, DnsResolverKind kind)
    {
        Assert.True(HopRegistry.Standard.TryParse(text, out Chain? chain, out ChainError? error), error?.ToString());
        Way nowhere = new(new DialRecorder(_ => throw new DialException(DialFailure.Refused, "no")), new NoPackets("test"));
        Way way = chain.Wrap(nowhere, new HopContext(nowhere, _time).With(_meter));
        await Assert.ThrowsAsync<DialException>(
            async () => await way.Streams.DialAsync(new HostPort("a.example", 80), TestContext.Current.CancellationToken));
        Assert.Equal([(kind, DnsOutcome.Unreachable, 2L)], _meter.ReadExchanges().Select(e => (e.Resolver, e.Outcome, e.Bucket.Count)));
        Assert.Equal((2, true), (_meter.Lookups(DnsCacheResult.Miss), _meter.HasCache));
    }

    private DnsCacheTransport Cache(IDnsTransport inner, int capacity) =>
        new(inner, new DnsCache(new DnsCacheOptions { Capacity = capacity, TimeProvider = _time, Meter = _meter }));

    private IDnsTransport Metered(IDnsTransport inner) => DnsMeteredTransport.Wrap(inner, _meter, DnsResolverKind.Direct, _time);

    private void Expect(DnsOutcome outcome, TimeSpan took)
    {
        (DnsResolverKind resolver, DnsOutcome told, DurationBucket bucket) = Assert.Single(_meter.ReadExchanges());
        Assert.Equal((DnsResolverKind.Direct, outcome, 1L, took), (resolver, told, bucket.Count, bucket.Total));
    }

    private static async Task AskAsync(IDnsTransport transport, params string[] names)
    {
        foreach (string name in names)
        {
            await transport.ExchangeAsync(DnsMessages.Query(name), TestContext.Current.CancellationToken);
        }
    }
}
