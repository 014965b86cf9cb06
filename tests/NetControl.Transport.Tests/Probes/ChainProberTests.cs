using System.Net;
using System.Text;
using NetControl.Network;
using NetControl.Testing;
using NetControl.Testing.Origin;
using NetControl.Testing.Proxies;
using NetControl.Transport.Chains;
using NetControl.Transport.Direct;
using NetControl.Transport.Probes;
using NetControl.Transport.Tests.Dns;

namespace NetControl.Transport.Tests.Probes;

/// <summary>Probes as a program without the server makes them: what works, and each way in which it does not.</summary>
public sealed class ChainProberTests
{
    private static readonly AddrPort s_resolver = AddrPort.Parse("192.0.2.53:53");
    private static readonly UdpPacketListener s_packets = new();

    [Fact]
    public async Task Stream_ThatAnswers_IsOk()
    {
        using ScriptedProxy server = new(async connection =>
        {
            byte[] query = (await connection.ReadOnceAsync())[2..];
            byte[] answer = DnsMessages.Answer(query, DnsMessages.Address("192.0.2.7"));
            await connection.WriteAsync([0, (byte)answer.Length, .. answer]);
        });
        ProbeResult result = await StreamAsync(server);
        Assert.Null(result.Error);
        Assert.Equal(("192.0.2.53:53", true), (result.Target, result.IsTcp));
        Assert.Equal(["connect", "send", "receive"], result.Stages.Select(stage => stage.Name));
        Assert.InRange(result.Stages.Sum(stage => stage.Duration.Ticks), 1, result.Duration.Ticks);
    }

    [Fact]
    public async Task Packets_ThatAnswer_AreOk()
    {
        using DnsServer dns = new(new IPEndPoint(IPAddress.Loopback, 0), IPAddress.Loopback, IPAddress.IPv6Loopback);
        ProbeRequest request = new() { UdpTargets = [AddrPort.From(dns.EndPoint)] };
        ProbeResult result = Assert.Single(await new ChainProber(Context(new TcpStreamDialer(), s_packets))
            .ProbeAsync(Chain.Direct, request, TestContext.Current.CancellationToken));
        Assert.Null(result.Error);
        Assert.False(result.IsTcp);
        Assert.Equal(["send", "receive"], result.Stages.Select(stage => stage.Name));
        Assert.Equal(1, dns.Queries);
    }

    [Fact]
    public async Task Chain_IsTriedHopByHop()
    {
        using DnsServer dns = new(new IPEndPoint(IPAddress.Loopback, 0), IPAddress.Loopback, IPAddress.IPv6Loopback);
        using Socks5Server socks = new();
        Assert.True(HopRegistry.Standard.TryParse($"socks5://localhost:{socks.EndPoint.Port}|split:1", out Chain? chain, out _));
        ProbeRequest request = new() { TcpTargets = [AddrPort.From(socks.EndPoint)], UdpTargets = [AddrPort.From(dns.EndPoint)] };
        ProbeResult[] results = await new ChainProber(Context(new TcpStreamDialer(), s_packets))
            .ProbeAsync(chain, request, TestContext.Current.CancellationToken);
        Assert.All(results, result => Assert.Null(result.Error));
        Assert.Equal(["resolve", "connect", "handshake", "send"], results[0].Stages.Select(stage => stage.Name));
        Assert.Equal(["resolve", "connect", "associate", "send", "receive"], results[1].Stages.Select(stage => stage.Name));
    }

    [Fact]
    public async Task HttpTarget_IsAskedForItsHead()
    {
        string asked = "";
        using ScriptedProxy server = new(async connection =>
        {
            asked = Encoding.ASCII.GetString(await connection.ReadOnceAsync());
            await connection.WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        });
        Assert.Null((await StreamAsync(server, "192.0.2.80:80")).Error);
        Assert.StartsWith("HEAD / HTTP/1.1\r\nHost: 192.0.2.80:80\r\n", asked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refused_FailsInConnect()
    {
        ScriptedProxy closed = new(connection => connection.WaitForEndAsync());
        closed.Dispose();
        ProbeError? error = (await StreamAsync(closed)).Error;
        Assert.Equal(("connect", "ECONNREFUSED"), (error!.Op, error.PosixError));
    }

    [Fact]
    public async Task Reset_FailsInReceive()
    {
        using ScriptedProxy server = new(async connection =>
        {
            await connection.ReadOnceAsync();
            connection.Reset();
        });
        ProbeError? error = (await StreamAsync(server)).Error;
        Assert.Equal(("receive", "ECONNRESET"), (error!.Op, error.PosixError));
    }

    [Fact]
    public async Task EarlyClose_FailsInReceive_WithoutAnErrorOfTheKernel()
    {
        using ScriptedProxy server = new(connection => connection.ReadOnceAsync());
        ProbeError? error = (await StreamAsync(server)).Error;
        Assert.Equal(("receive", "", "the stream ended before the first byte of an answer"), (error!.Op, error.PosixError, error.Message));
    }

    [Fact]
    public async Task Silence_EndsAfterFiveSeconds_IfNothingElseIsSaid()
    {
        ManualTimeProvider time = new();
        Task<ProbeResult[]> probe = Prober(new DialRecorder(), Network(null), time)
            .ProbeAsync(Chain.Direct, new ProbeRequest { TcpTargets = [s_resolver], UdpTargets = [s_resolver] }, CancellationToken.None);
        time.Advance(TimeSpan.FromMilliseconds(4999));
        Assert.Equal(2, time.ArmedTimers);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.All(await probe, result => Assert.Equal(
            (new ProbeError("receive", "ETIMEDOUT", "receive: nothing came within 5 s"), "receive", TimeSpan.FromSeconds(5)),
            (result.Error, result.Stages[^1].Name, result.Stages[^1].Duration)));
    }

    [Fact]
    public async Task Timeout_IsTheRequests()
    {
        ManualTimeProvider time = new();
        Task<ProbeResult[]> probe = Prober(new DialRecorder(), Network(null), time).ProbeAsync(
            Chain.Direct, new ProbeRequest { TcpTargets = [s_resolver], Timeout = TimeSpan.FromSeconds(1) }, CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(1));
        ProbeResult result = Assert.Single(await probe);
        Assert.Equal(("receive", "ETIMEDOUT"), (result.Error!.Op, result.Error.PosixError));
        Assert.Equal(TimeSpan.FromSeconds(1), result.Duration);
    }

    [Fact]
    public async Task BadResponse_IsOk()
    {
        using ScriptedProxy server = new(async connection =>
        {
            await connection.ReadOnceAsync();
            await connection.WriteAsync("what?"u8.ToArray());
        });
        Assert.Null((await StreamAsync(server)).Error);
        ProbeResult[] packets = await Prober(new DialRecorder(), Network("what?"u8.ToArray()), TimeProvider.System)
            .ProbeAsync(Chain.Direct, new ProbeRequest { UdpTargets = [s_resolver] }, TestContext.Current.CancellationToken);
        Assert.Null(Assert.Single(packets).Error);
    }

    [Fact]
    public async Task ErrorWithoutAName_IsToldByItsNumber()
    {
        DialRecorder broken = new(_ => throw new DialException(DialFailure.Refused, "broken", new NumberedException(4095)));
        ProbeResult result = Assert.Single(await Prober(broken, Network(null), TimeProvider.System)
            .ProbeAsync(Chain.Direct, new ProbeRequest { TcpTargets = [s_resolver] }, TestContext.Current.CancellationToken));
        Assert.Equal(new ProbeError("connect", "Error 4095 (0xfff)", "broken"), result.Error);
    }

    [Theory]
    [InlineData("", 1, 53, "query name ''")]
    [InlineData(".", 1, 53, "query name '.'")]
    [InlineData("a..b", 1, 53, "query name 'a..b'")]
    [InlineData("a b", 1, 53, "query name 'a b'")]
    [InlineData("a.example", 0, 53, "timeout 00:00:00")]
    [InlineData("a.example", 1e10, 53, "timeout ")]
    [InlineData("a.example", 1, 0, "a target has port 0")]
    public async Task RequestThatCannotBeTried_IsNoResult(string name, double seconds, ushort port, string message)
    {
        DialRecorder dialer = new();
        AddrPort target = new(s_resolver.Address, port);
        ProbeRequest request = new() { QueryName = name, Timeout = TimeSpan.FromSeconds(seconds) };
        ChainProber prober = Prober(dialer, Network(null), TimeProvider.System);
        foreach (ProbeRequest bad in (ProbeRequest[])[request with { TcpTargets = [target] }, request with { UdpTargets = [target] }])
        {
            ArgumentException refused = await Assert.ThrowsAsync<ArgumentException>(
                () => prober.ProbeAsync(Chain.Direct, bad, CancellationToken.None));
            Assert.StartsWith(message, refused.Message, StringComparison.Ordinal);
        }

        Assert.Empty(dialer.Dialled);
    }

    [Fact]
    public async Task ManyTargets_TakeTurns_AndCancellingThrows()
    {
        DialRecorder dialer = new();
        using CancellationTokenSource cancel = new();
        HostPort[] targets = [.. Enumerable.Repeat((HostPort)s_resolver, 3 * ChainProber.Concurrency)];
        Task<ProbeResult[]> probe = Prober(dialer, Network(null), new ManualTimeProvider())
            .ProbeAsync(Chain.Direct, new ProbeRequest { TcpTargets = targets }, cancel.Token);
        Assert.Equal(ChainProber.Concurrency, dialer.Dialled.Count);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => probe);
    }

    private static HopContext Context(IStreamDialer streams, IPacketListener packets) => new(new Way(streams, packets));

    private static ChainProber Prober(IStreamDialer streams, IPacketListener packets, TimeProvider time) =>
        new(Context(streams, packets), time);

    private static AnsweringListener Network(byte[]? answer) => new() { Answer = (_, _) => answer };

    private static async Task<ProbeResult> StreamAsync(ScriptedProxy server, string target = "192.0.2.53:53")
    {
        FixedDialer dialer = new(AddrPort.From(server.EndPoint));
        ProbeResult[] results = await Prober(dialer, s_packets, TimeProvider.System)
            .ProbeAsync(Chain.Direct, new ProbeRequest { TcpTargets = [HostPort.Parse(target)] }, TestContext.Current.CancellationToken);
        Assert.All(dialer.Opened, connection => Assert.True(connection.Disposed));
        return Assert.Single(results);
    }

    private sealed class NumberedException(int number) : IOException, IPosixError
    {
        public int ErrorNumber => number;
    }
}
