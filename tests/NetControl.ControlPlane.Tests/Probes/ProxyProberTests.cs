using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using NetControl.ControlPlane.Dialers;
using NetControl.ControlPlane.Engines;
using NetControl.ControlPlane.Probes;
using NetControl.Engine;
using NetControl.Network;
using NetControl.Testing.Origin;
using NetControl.Testing.Proxies;
using NetControl.Transport.Chains;
using NetControl.Transport.Probes;

namespace NetControl.ControlPlane.Tests.Probes;

/// <summary>Probes over real sockets: what works, and each way in which it does not.</summary>
public sealed class ProxyProberTests : IAsyncLifetime
{
    private readonly PacketEngine _engine = new(new EngineOptions { Loops = 1, Mark = 0 }, NullLogger.Instance);
    private readonly ProxyProber _prober;

    public ProxyProberTests()
    {
        _prober = new ProxyProber(new DialerFactory(new PacketEngineAdapter(_engine)), TimeProvider.System);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public async Task Direct_ThatWorks_TellsConnectSendReceive()
    {
        using DnsServer dns = new(new IPEndPoint(IPAddress.Loopback, 0), IPAddress.Loopback, IPAddress.IPv6Loopback);
        using Socket listener = Listen();
        ProbeResult[] results = await ProbeAsync("", [Address(listener)], [AddrPort.From(dns.EndPoint)]);
        Assert.All(results, result => Assert.Null(result.Error));
        Assert.Equal(["connect", "send"], results[0].Stages.Select(stage => stage.Name));
        Assert.Equal(["send", "receive"], results[1].Stages.Select(stage => stage.Name));
        Assert.Equal((true, false), (results[0].IsTcp, results[1].IsTcp));
    }

    [Fact]
    public async Task Socks5_ThatWorks_TellsItsHandshakeAndAssociation()
    {
        using DnsServer dns = new(new IPEndPoint(IPAddress.Loopback, 0), IPAddress.Loopback, IPAddress.IPv6Loopback);
        using Socket listener = Listen();
        using Socks5Server socks = new();
        ProbeResult[] results = await ProbeAsync(
            $"socks5://localhost:{socks.EndPoint.Port}", [Address(listener)], [AddrPort.From(dns.EndPoint)]);
        Assert.All(results, result => Assert.Null(result.Error));
        Assert.Equal(["resolve", "connect", "handshake", "send"], results[0].Stages.Select(stage => stage.Name));
        Assert.Equal(["resolve", "connect", "associate", "send", "receive"], results[1].Stages.Select(stage => stage.Name));
        Assert.All(results, result => Assert.InRange(result.Stages.Sum(stage => stage.Duration.Ticks), 1, result.Duration.Ticks));
    }

    [Fact]
    public async Task Refused_IsToldByItsErrno()
    {
        using Socket closed = Listen();
        AddrPort nobody = AddrPort.From((IPEndPoint)closed.LocalEndPoint!);
        closed.Dispose();
        ProbeResult[] results = await ProbeAsync("", [nobody], [nobody]);
        Assert.Equal(("connect", "ECONNREFUSED"), (results[0].Error!.Op, results[0].Error!.PosixError));
        Assert.Equal(("receive", "ECONNREFUSED"), (results[1].Error!.Op, results[1].Error!.PosixError));
        ProbeResult socks = (await ProbeAsync($"socks5://{nobody}", [nobody], []))[0];
        Assert.Equal(("connect", "ECONNREFUSED"), (socks.Error!.Op, socks.Error.PosixError));
    }

    [Fact]
    public async Task ProxyThatRefusesTheCredentials_FailsInTheHandshake_AndNoSecretIsTold()
    {
        using Socks5Server socks = new(new Socks5ServerOptions { Username = "user", Password = "right" });
        using Socket listener = Listen();
        ProbeResult[] results = await ProbeAsync(
            $"socks5://user:hunter2@{socks.EndPoint}", [Address(listener)], [AddrPort.Parse("192.0.2.1:53")]);
        Assert.Equal(["handshake", "associate"], results.Select(result => result.Error!.Op));
        Assert.All(results, result => Assert.DoesNotContain("hunter2", $"{result} {result.Error}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ProxyWhoseDestinationRefuses_SaysSo()
    {
        using Socks5Server socks = new();
        using Socket closed = Listen();
        HostPort nobody = Address(closed);
        closed.Dispose();
        ProbeError error = (await ProbeAsync($"socks5://{socks.EndPoint}", [nobody], []))[0].Error!;
        Assert.Equal(("handshake", "ECONNREFUSED"), (error.Op, error.PosixError));
    }

    [Fact]
    public async Task Silence_EndsWithOurPatience()
    {
        using ScriptedProxy silent = new(connection => Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken));
        using Socket deaf = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        deaf.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        ProbeRequest request = new()
        {
            TcpTargets = [AddrPort.Parse("192.0.2.1:80")],
            UdpTargets = [AddrPort.From((IPEndPoint)deaf.LocalEndPoint!)],
            Timeout = TimeSpan.FromMilliseconds(200),
        };
        ProbeResult stream = (await _prober.ProbeAsync(Parse($"socks5://{silent.EndPoint}"), request with { UdpTargets = [] }, default))[0];
        Assert.Equal(("handshake", "ETIMEDOUT"), (stream.Error!.Op, stream.Error.PosixError));
        ProbeResult packet = (await _prober.ProbeAsync(Parse(""), request with { TcpTargets = [] }, default))[0];
        Assert.Equal(("receive", "ETIMEDOUT"), (packet.Error!.Op, packet.Error.PosixError));
    }

    [Fact]
    public async Task NameWithoutAddress_FailsInResolve()
    {
        ProbeError error = (await ProbeAsync("socks5://nowhere.invalid:1080", [AddrPort.Parse("192.0.2.1:80")], []))[0].Error!;
        Assert.Equal("resolve", error.Op);
    }

    [Fact]
    public async Task Cancelling_Throws()
    {
        using ScriptedProxy silent = new(connection => Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken));
        using CancellationTokenSource cancel = new();
        Task<ProbeResult[]> probe = _prober.ProbeAsync(
            Parse($"socks5://{silent.EndPoint}"), new ProbeRequest { TcpTargets = [AddrPort.Parse("192.0.2.1:80")] }, cancel.Token);
        while (silent.Accepted == 0)
        {
            await Task.Delay(5);
        }

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => probe);
    }

    private static Chain Parse(string text) => HopRegistry.Standard.TryParse(text, out Chain? chain, out ChainError? error) ? chain : throw new FormatException($"{error}");

    private static Socket Listen()
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    private static HostPort Address(Socket socket) => AddrPort.From((IPEndPoint)socket.LocalEndPoint!);

    private Task<ProbeResult[]> ProbeAsync(string chain, HostPort[] tcp, AddrPort[] udp) =>
        _prober.ProbeAsync(Parse(chain), new ProbeRequest { TcpTargets = tcp, UdpTargets = udp }, CancellationToken.None);
}
