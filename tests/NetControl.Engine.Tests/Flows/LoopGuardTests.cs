using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using NetControl.Engine.Diagnosis;
using NetControl.Engine.Sessions;
using NetControl.Engine.Tests.Diagnosis;
using NetControl.Network;
using NetControl.Testing;

namespace NetControl.Engine.Tests.Flows;

/// <summary>A route leads our own upstream traffic back into the device: it is noticed, refused, counted and told.</summary>
public sealed class LoopGuardTests
{
    [Fact]
    public async Task StreamThatComesBack_IsRefusedAtOnce_AndTold()
    {
        LogKeeper log = new();
        await using DiagnosisRig rig = new(log, DiagnosisRig.SomeRoutes);
        Attach(rig);
        rig.Shell("ip route add 198.18.0.0/16 dev tun0");
        using Socket client = rig.Space.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        SocketException refused = await Assert.ThrowsAsync<SocketException>(
            () => client.ConnectAsync(new IPEndPoint(IPAddress.Parse("198.18.0.80"), 80)).WaitAsync(PeerHost.Patience));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        SessionInfo told = await rig.Events.ExpectAsync(SessionEventKind.Closed, info => info.Cause == SessionCause.UpstreamLoop);
        Assert.Equal(AddrPort.Parse("198.18.0.80:80"), told.Destination);
        await rig.ExpectDropAsync(DropReason.UpstreamLoop);
        Assert.Contains(log.Lines, line => line.Contains("'ip -4 rule add priority 8999 fwmark 0x4e43 lookup main'", StringComparison.Ordinal));
        Assert.Contains(rig.Diagnose().Findings, finding => finding.Code == FindingCode.LoopDetected);
    }

    [Fact]
    public async Task DatagramThatComesBack_IsRefused_AndTold()
    {
        LogKeeper log = new();
        await using DiagnosisRig rig = new(log, DiagnosisRig.SomeRoutes);
        Attach(rig);
        rig.Shell("ip route add 198.18.0.0/16 dev tun0");
        using Socket client = rig.Space.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        await client.SendToAsync(new byte[10], new IPEndPoint(IPAddress.Parse("198.18.0.53"), 53));
        SessionInfo told = await rig.Events.ExpectAsync(SessionEventKind.Closed, info => info.Cause == SessionCause.UpstreamLoop);
        Assert.Equal(SessionProtocol.Udp, told.Protocol);
        await rig.ExpectDropAsync(DropReason.UpstreamLoop);
        Assert.Single(log.Lines, line => line.Contains("came back in", StringComparison.Ordinal));
    }

    [Fact]
    public async Task HonestTraffic_ToTheSameDestinations_IsNoLoop()
    {
        await using DiagnosisRig rig = new(new LogKeeper(), DiagnosisRig.SomeRoutes);
        Attach(rig);
        Socket[] clients = rig.Space.Run(() => Enumerable.Range(0, 50)
            .Select(i => new Socket(AddressFamily.InterNetwork, i % 2 == 0 ? SocketType.Stream : SocketType.Dgram, i % 2 == 0 ? ProtocolType.Tcp : ProtocolType.Udp))
            .ToArray());
        Array.ForEach(clients, client => client.Bind(new IPEndPoint(IPAddress.Parse("10.77.0.1"), 0)));
        Task[] dials = [.. clients.Select(client => client.SocketType == SocketType.Stream
            ? client.ConnectAsync(new IPEndPoint(IPAddress.Parse("198.18.0.80"), 80))
            : client.SendToAsync(new byte[1], new IPEndPoint(IPAddress.Parse("198.18.0.80"), 80)))];
        for (int i = 0; i < clients.Length; i++)
        {
            await rig.Events.ExpectAsync(SessionEventKind.Opened, info => info.Source.Port == ((IPEndPoint)clients[i].LocalEndPoint!).Port);
        }

        Assert.Equal(0, rig.Drops(DropReason.UpstreamLoop));
        Array.ForEach(clients, client => client.Dispose());
        await Task.WhenAll(dials).ContinueWith(_ => { }, TaskScheduler.Default); // nobody is there: how they end is not the question
    }

    private static void Attach(DiagnosisRig rig)
    {
        EgressModel model = new()
        {
            DelegateName = "",
            ProxyName = "proxies/direct",
            Generation = 0,
            StreamDialer = rig.Engine.StreamDialer,
            PacketProxy = new PacketListenerProxy(
                rig.Engine.PacketListener, new PacketListenerProxyOptions { TimeProvider = rig.Engine.TimeProvider }),
        };
        rig.Device.StreamEgress = rig.Device.PacketEgress = new Egress(model);
    }

    private sealed class LogKeeper : ILogger
    {
        private readonly Lock _lock = new();
        private readonly List<string> _lines = [];

        public string[] Lines
        {
            get
            {
                lock (_lock)
                {
                    return [.. _lines];
                }
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lock)
            {
                _lines.Add(formatter(state, exception));
            }
        }
    }
}
