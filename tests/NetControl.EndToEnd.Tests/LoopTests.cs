using System.Diagnostics;
using NetControl.Protocol.V1;
using NetControl.Testing;
using NetControl.Testing.Daemon;

namespace NetControl.EndToEnd.Tests;

/// <summary>Whatever a chain reaches from this machine: a route that leads it back into the device is found out, and told.</summary>
public sealed class LoopTests
{
    private const string Proxy4 = World.SocksAddress;
    private const string Proxy6 = "fd99::2";
    private const string Named = "socks5://proxy.test:1080";

    [Theory]
    [InlineData($"socks5://{Proxy4}:1080", Proxy4)]
    [InlineData($"socks5://[{Proxy6}]:1080", Proxy6)]
    [InlineData($"tls:|ws:tcp_path=/x|socks5://{Proxy4}:1080", Proxy4)]
    [InlineData($"ss://aes-256-gcm:secret@{Proxy4}:8388", Proxy4)]
    [InlineData($"httpconnect://{Proxy4}:443?plain=true", Proxy4)]
    [InlineData($"h2connect://[{Proxy6}]:443", Proxy6)]
    [InlineData($"override:host={Proxy6}|socks5://192.0.2.7:1080", Proxy6)]
    [InlineData($"do53:address={Proxy4}|{Named}", Proxy4)]
    [InlineData($"do53:address={Proxy6}|{Named}", Proxy6)]
    [InlineData($"dot:address={Proxy4}|{Named}", Proxy4)]
    [InlineData($"doh:name=dns.test&address=[{Proxy6}]|{Named}", Proxy6)]
    [InlineData(Named, Proxy4)] // by the hosts file
    public async Task AServerThatIsRoutedIntoOurDevice_IsRefusedAtOnce_AndNamed(string chain, string server)
    {
        await using World world = World.Create();
        DirectoryInfo etc = Directory.CreateDirectory($"/etc/netns/{world.Client.Name}");
        await File.WriteAllTextAsync(
            Path.Combine(etc.FullName, "hosts"), $"127.0.0.1 localhost\n{(chain == Named ? $"{server} proxy.test\n" : "")}", TestContext.Current.CancellationToken);
        world.StartServers();
        await world.StartDaemonAsync(world.Configuration(chain));
        SessionLedger ledger = await world.FollowAsync();
        world.Client.Execute("ip", "route", "add", $"{server}/{(server == Proxy4 ? 32 : 128)}", "dev", "tun0");
        long start = Stopwatch.GetTimestamp();
        CommandResult curl = world.Client.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/");
        Assert.NotEqual(0, curl.ExitCode);
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 19);
        await ledger.WaitUntilAsync(books => books.Closed.Any(s => s.Cause == SessionCause.UpstreamLoop && s.Destination.Contains(server, StringComparison.Ordinal)));

        // Each attempt of ours is one packet that came back; none of them has become a session that dials in its turn.
        Assert.Equal(1, ledger.Read(books => books.Closed.Concat(books.Live.Values).Count(s => s.Cause != SessionCause.UpstreamLoop)));
        DiagnoseRoutingResponse diagnosis = await world.Api.Diagnostics.DiagnoseRoutingAsync(
            new DiagnoseRoutingRequest(), cancellationToken: TestContext.Current.CancellationToken);
        Finding loop = Assert.Single(diagnosis.Findings, finding => finding.Code == "PROXY_LOOP");
        Assert.Equal("proxies/a", loop.Subject);
        Assert.Contains(server, loop.Message, StringComparison.Ordinal);
        Assert.Contains(diagnosis.Findings, finding => finding.Code == "LOOP_DETECTED");
    }

    [Fact]
    public async Task AResolverOfTheMachine_ThatIsRoutedIntoOurDevice_IsNamed_AndTheProxyIsFoundOnceThatIsMended()
    {
        const string Resolver = "10.99.0.53";
        await using World world = World.Create();
        DirectoryInfo etc = Directory.CreateDirectory($"/etc/netns/{world.Client.Name}");
        await File.WriteAllTextAsync(
            Path.Combine(etc.FullName, "resolv.conf"), $"nameserver {Resolver}\noptions timeout:1 attempts:1\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(etc.FullName, "hosts"), "127.0.0.1 localhost\n", TestContext.Current.CancellationToken);
        world.Server.Execute("ip", "addr", "add", $"{Resolver}/32", "dev", "lo");
        world.StartServers();
        world.StartNameServer(Resolver, World.SocksAddress);
        await world.StartEgressAsync("microsocks");
        await world.StartDaemonAsync(world.Configuration(Named));
        SessionLedger ledger = await world.FollowAsync();
        world.Client.Execute("ip", "route", "add", $"{Resolver}/32", "dev", "tun0");
        Assert.NotEqual(0, world.Client.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/").ExitCode);
        await ledger.WaitUntilAsync(books => books.Closed.Any(s => s.Cause == SessionCause.UpstreamLoop && s.Destination == $"{Resolver}:53"));
        DiagnoseRoutingResponse diagnosis = await world.Api.Diagnostics.DiagnoseRoutingAsync(
            new DiagnoseRoutingRequest(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("/etc/resolv.conf", Assert.Single(diagnosis.Findings, finding => finding.Code == "PROXY_LOOP").Subject);
        world.Client.Execute("ip", "route", "del", $"{Resolver}/32", "dev", "tun0");
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
    }
}
