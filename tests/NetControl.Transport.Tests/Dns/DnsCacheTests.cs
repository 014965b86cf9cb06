using NetControl.Testing;
using NetControl.Transport.Dns;

namespace NetControl.Transport.Tests.Dns;

public sealed class DnsCacheTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly FakeDnsTransport _inner = new(query => DnsMessages.Answer(query, DnsMessages.Address("192.0.2.1", ttl: 60)));

    [Fact]
    public async Task Answer_IsKeptForItsTime_AndGrowsOlder()
    {
        DnsCacheTransport cache = Cache();
        byte[] first = await Ask(cache, "a.example");
        _time.Advance(TimeSpan.FromSeconds(59.5));
        byte[] again = await Ask(cache, "a.example");
        Assert.Single(_inner.Asked);
        Assert.Equal((60, 1), (Ttl(first), Ttl(again)));
        _time.Advance(TimeSpan.FromSeconds(0.5));
        await Ask(cache, "a.example");
        Assert.Equal(2, _inner.Asked.Count);
    }

    [Fact]
    public async Task Answer_FromTheCache_HasTheQuerysIdAndSpelling()
    {
        DnsCacheTransport cache = Cache();
        await Ask(cache, "a.example");
        byte[] query = DnsMessages.Query("A.Example", id: 0x9999);
        byte[] answer = await cache.ExchangeAsync(query, TestContext.Current.CancellationToken);
        Assert.Single(_inner.Asked);
        Assert.Null(DnsAnswerCheck.Fault(query, answer));
        Assert.Equal(query[..2], answer[..2]);
        Assert.Equal(query[12..24], answer[12..24]);
    }

    [Fact]
    public async Task Answer_OfTheCache_IsTheCallersOwn()
    {
        DnsCacheTransport cache = Cache();
        await Ask(cache, "a.example");
        Array.Clear(await Ask(cache, "a.example"));
        Assert.Equal(60, Ttl(await Ask(cache, "a.example")));
    }

    [Fact]
    public async Task Keys_TypeAndFlags_AreDifferentAnswers()
    {
        DnsCacheTransport cache = Cache();
        await Ask(cache, "a.example");
        await cache.ExchangeAsync(DnsMessages.Query("a.example", DnsType.Aaaa), TestContext.Current.CancellationToken);
        byte[] dnssec = DnsMessages.Query("a.example");
        dnssec[^4] = 0x80; // DO
        await cache.ExchangeAsync(dnssec, TestContext.Current.CancellationToken);
        byte[] plain = DnsMessages.Query("a.example");
        plain[11] = 0; // without OPT
        await cache.ExchangeAsync(plain.AsMemory(..^11), TestContext.Current.CancellationToken);
        Assert.Equal(4, _inner.Asked.Count);
    }

    [Fact]
    public async Task Query_WithOptionsOfItsOwn_PassesTheCacheBy()
    {
        DnsCacheTransport cache = Cache();
        byte[] query = [.. DnsMessages.Query("a.example"), 0, 10, 0, 0];
        query[^5] = 4; // the length of the OPT record's data: a cookie without content
        await cache.ExchangeAsync(query, TestContext.Current.CancellationToken);
        await cache.ExchangeAsync(query, TestContext.Current.CancellationToken);
        Assert.Equal(2, _inner.Asked.Count);
    }

    [Theory]
    [InlineData(0x8183, 300u, 60u, 60)]
    [InlineData(0x8183, 30u, 60u, 30)]
    [InlineData(0x8180, 300u, 60u, 60)]
    [InlineData(0x8183, 100_000u, 100_000u, 3600)]
    public async Task No_IsKeptByTheSoaRecord(int flags, uint ttl, uint minimum, int seconds)
    {
        _inner.Answer = query => DnsMessages.Answer(query, (ushort)flags, [], [DnsMessages.Soa(ttl, minimum)]);
        DnsCacheTransport cache = Cache();
        await Ask(cache, "a.example");
        _time.Advance(TimeSpan.FromSeconds(seconds - 1));
        await Ask(cache, "a.example");
        Assert.Single(_inner.Asked);
        _time.Advance(TimeSpan.FromSeconds(1));
        await Ask(cache, "a.example");
        Assert.Equal(2, _inner.Asked.Count);
    }

    [Theory]
    [InlineData(0x8183, 60u, false)] // no SOA
    [InlineData(0x8182, 60u, true)] // SERVFAIL
    [InlineData(0x8185, 60u, true)] // REFUSED
    [InlineData(0x8380, 60u, true)] // truncated
    [InlineData(0x8183, 0u, true)] // by its own words
    [InlineData(0x8183, 0x8000_0001u, true)] // RFC 2181 section 8: as good as 0
    public async Task Answer_ThatMustNotBeKept_IsNot(int flags, uint ttl, bool soa)
    {
        _inner.Answer = query => DnsMessages.Answer(query, (ushort)flags, [], soa ? [DnsMessages.Soa(ttl, 60)] : []);
        DnsCacheTransport cache = Cache();
        await Ask(cache, "a.example");
        await Ask(cache, "a.example");
        Assert.Equal(2, _inner.Asked.Count);
    }

    [Fact]
    public async Task Answer_WithAVeryLongTime_IsKeptForADay()
    {
        _inner.Answer = query => DnsMessages.Answer(query, DnsMessages.Address("192.0.2.1", ttl: 2_000_000));
        DnsCacheTransport cache = Cache();
        await Ask(cache, "a.example");
        _time.Advance(TimeSpan.FromDays(1));
        await Ask(cache, "a.example");
        Assert.Equal(2, _inner.Asked.Count);
    }

    [Fact]
    public async Task Capacity_TheLeastRecentlyUsed_GivesWay()
    {
        DnsCache store = new(new DnsCacheOptions { Capacity = 2, TimeProvider = _time });
        DnsCacheTransport cache = new(_inner, store);
        foreach (string name in (string[])["a.example", "b.example", "a.example", "c.example", "a.example", "b.example"])
        {
            await Ask(cache, name);
        }

        Assert.Equal(["a.example.", "b.example.", "c.example.", "b.example."], _inner.Asked.Select(question => $"{question.Name}"));
        Assert.Equal((2, 2, 4, 0), (store.Count, store.Meter.Lookups(DnsCacheResult.Hit), store.Meter.Lookups(DnsCacheResult.Miss), store.Meter.Lookups(DnsCacheResult.Stale)));
    }

    [Fact]
    public async Task Answer_ThatIsVeryLong_IsNotKept()
    {
        _inner.Answer = query => DnsMessages.Answer(query, [.. Enumerable.Repeat(DnsMessages.Address("2001:db8::1"), 200)]);
        DnsCacheTransport cache = Cache();
        await Ask(cache, "a.example");
        await Ask(cache, "a.example");
        Assert.Equal(2, _inner.Asked.Count);
    }

    [Fact]
    public async Task Stale_OnlyWhereItIsAllowed_AndOnlyInPlaceOfAFailure()
    {
        DnsCache store = new(new DnsCacheOptions { MaxStale = TimeSpan.FromHours(1), TimeProvider = _time });
        DnsCacheTransport cache = new(_inner, store);
        DnsCacheTransport strict = Cache();
        await Ask(cache, "a.example");
        await Ask(strict, "a.example");
        _inner.Answer = _ => throw new DnsException(DnsError.Dial, "down");
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(30, Ttl(await Ask(cache, "a.example")));
        Assert.Equal(1, store.Meter.Lookups(DnsCacheResult.Stale));
        await Assert.ThrowsAsync<DnsException>(() => Ask(strict, "a.example"));
        _time.Advance(TimeSpan.FromHours(1));
        await Assert.ThrowsAsync<DnsException>(() => Ask(cache, "a.example"));
    }

    private DnsCacheTransport Cache() => new(_inner, new DnsCache(new DnsCacheOptions { TimeProvider = _time }));

    private static Task<byte[]> Ask(DnsCacheTransport cache, string name) =>
        cache.ExchangeAsync(DnsMessages.Query(name), TestContext.Current.CancellationToken).AsTask();

    private static int Ttl(byte[] answer)
    {
        Assert.True(DnsRecordReader.TryCreate(answer, out DnsRecordReader records));
        Assert.True(records.TryRead(out DnsRecord record));
        return (int)record.Ttl;
    }
}
