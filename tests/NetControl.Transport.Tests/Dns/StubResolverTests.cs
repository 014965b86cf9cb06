using NetControl.Network;
using NetControl.Testing;
using NetControl.Transport.Chains;
using NetControl.Transport.Dns;

namespace NetControl.Transport.Tests.Dns;

/// <summary>The resolver over datagrams that the test answers, with files of its own.</summary>
public sealed class StubResolverTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stub").FullName;
    private readonly ManualTimeProvider _time = new();
    private readonly AnsweringListener _network = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Name_InTheHostsFile_IsAskedOfNobody()
    {
        StubResolver resolver = Make(hosts: "10.0.0.7 proxy.example\n");
        Assert.Equal([IpAddr.Parse("10.0.0.7")], await LookUp(resolver, "Proxy.Example", DnsType.A));
        Assert.Empty(await LookUp(resolver, "proxy.example", DnsType.Aaaa));
        Assert.Equal([IpAddr.Parse("::1")], await LookUp(resolver, "a.localhost", DnsType.Aaaa));
        Assert.Empty(_network.Asked);
    }

    [Theory]
    [InlineData("db", "db.shop.svc. db.svc. db.", "db.")]
    [InlineData("a.b.c", "a.b.c.", "a.b.c.")]
    [InlineData("a.b.c", "a.b.c. a.b.c.shop.svc. a.b.c.svc.", "a.b.c.svc.")]
    [InlineData("db.", "db.", "db.")]
    public async Task Name_IsTriedAsTheFileSays_UntilOneExists(string host, string asked, string exists)
    {
        _network.Answer = (query, name) => name == exists
            ? DnsMessages.Answer(query, DnsMessages.Address("192.0.2.1"))
            : DnsMessages.Answer(query, 0x8183, [], []);
        StubResolver resolver = Make("nameserver 10.0.0.53\nsearch shop.svc svc\noptions ndots:2\n");
        Assert.Equal([IpAddr.Parse("192.0.2.1")], await LookUp(resolver, host, DnsType.A));
        Assert.Equal(asked, string.Join(' ', _network.Asked.Select(one => one.Name)));
        Assert.All(_network.Asked, one => Assert.Equal(AddrPort.Parse("10.0.0.53:53"), one.Server));
    }

    [Fact]
    public async Task Name_ThatExistsNowhere_FailsTheLookup()
    {
        _network.Answer = (query, _) => DnsMessages.Answer(query, 0x8183, [], []);
        StubResolver resolver = Make("nameserver 10.0.0.53\n");
        DialException e = await Assert.ThrowsAsync<DialException>(() => LookUp(resolver, "a.example", DnsType.A));
        Assert.Equal((DialFailure.NameNotResolved, "a.example does not exist"), (e.Failure, e.Message));
    }

    [Fact]
    public async Task Name_WithoutAddressesOfTheFamily_HasNone()
    {
        _network.Answer = (query, _) => DnsMessages.Answer(query);
        Assert.Empty(await LookUp(Make("nameserver 10.0.0.53\n"), "a.example", DnsType.Aaaa));
    }

    [Fact]
    public async Task Resolver_ThatFails_IsFollowedByTheNext()
    {
        _network.Answer = (query, _) => _network.Asked.Count == 1
            ? DnsMessages.Answer(query, 0x8182, [], [])
            : DnsMessages.Answer(query, DnsMessages.Address("192.0.2.1"));
        StubResolver resolver = Make("nameserver 10.0.0.53\nnameserver 10.0.0.54\n");
        Assert.Single(await LookUp(resolver, "a.example", DnsType.A));
        Assert.Equal(["10.0.0.53:53", "10.0.0.54:53"], _network.Asked.Select(one => $"{one.Server}"));
    }

    [Fact]
    public async Task Silence_EndsTheSearch_WithoutTellingOtherNames()
    {
        _network.Answer = (_, _) => null;
        StubResolver resolver = Make("nameserver 10.0.0.53\nsearch svc\noptions timeout:1 attempts:2 ndots:1\n");
        Task<IReadOnlyList<IpAddr>> lookup = LookUp(resolver, "a.example", DnsType.A);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(lookup.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        DialException e = await Assert.ThrowsAsync<DialException>(() => lookup);
        Assert.Equal("a.example: 10.0.0.53:53: no answer within 1 s", e.Message);
        Assert.All(_network.Asked, one => Assert.Equal("a.example.", one.Name));
        Assert.Equal((2, 0), (_network.Asked.Count, _network.Open));
    }

    [Fact]
    public async Task Files_ThatChange_AreReadAgain()
    {
        _network.Answer = (query, _) => DnsMessages.Answer(query, DnsMessages.Address("192.0.2.1"));
        StubResolver resolver = Make("nameserver 10.0.0.53\n");
        await LookUp(resolver, "a.example", DnsType.A);
        Write("resolv.conf", "nameserver 10.0.0.199\n");
        _time.Advance(TimeSpan.FromSeconds(1));
        await LookUp(resolver, "a.example", DnsType.A);
        Assert.Equal(["10.0.0.53:53", "10.0.0.199:53"], _network.Asked.Select(one => $"{one.Server}"));
    }

    [Fact]
    public void Files_ThatAreNotThere_AreAsGoodAsEmpty()
    {
        StubResolver resolver = new(Way(), _time, Path.Combine(_folder, "none"), Path.Combine(_folder, "nothing"));
        Assert.Equal([AddrPort.Parse("127.0.0.1:53")], resolver.Configuration.Servers);
    }

    private StubResolver Make(string resolvConf = "", string hosts = "") =>
        new(Way(), _time, Write("resolv.conf", resolvConf), Write("hosts", hosts));

    private Way Way() => new(new DialRecorder(), _network);

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static Task<IReadOnlyList<IpAddr>> LookUp(StubResolver resolver, string host, DnsType type) =>
        resolver.LookUpAsync(host, type, TestContext.Current.CancellationToken).AsTask();
}
