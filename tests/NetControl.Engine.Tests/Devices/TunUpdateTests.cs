using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using NetControl.Engine.Devices;
using NetControl.Engine.Sessions;
using NetControl.Network;
using NetControl.Testing;
using NetControl.Testing.Proxies;
using static NetControl.Engine.Tests.Devices.DeviceSpecs;

namespace NetControl.Engine.Tests.Devices;

/// <summary>An open device takes other addresses, routes, MTU and limits from the real kernel's point of view.</summary>
public sealed class TunUpdateTests : IDisposable
{
    private readonly NetNamespace _space = NetNamespace.Create();

    // No link-local addresses, which come when they like.
    public TunUpdateTests() => _space.Execute("sysctl", "-qw", "net.ipv6.conf.default.addr_gen_mode=1");

    public void Dispose() => _space.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Update_AnyOfManySpecs_LeavesExactlyWhatItDeclaresAndNothingAtTheEnd(bool adopted)
    {
        if (adopted)
        {
            _space.Ip("tuntap", "add", "dev", "tun0", "mode", "tun", "vnet_hdr");
            _space.Ip("link", "set", "tun0", "up");
        }

        string before = Snapshot();
        DeviceSpec[] specs =
        [
            Spec(["10.77.0.1/24", "fd77::1/64"], ["198.18.0.0/15", "fd99::/64"]),
            Spec(["10.77.0.2/24", "10.77.0.3/24", "fd77::2/64"], ["198.18.0.0/15", "198.51.100.0/24"]),
            Spec(["10.77.0.3/24"], ["0.0.0.0/0", "198.51.100.0/24", "::/0"]) with { Mtu = 9000 },
            Spec([], ["198.51.100.0/24"]),
            Spec(["10.77.0.1/16", "fd77::1/48"], []) with { Mtu = 1300 },
            Spec(["10.77.0.1/24", "fd77::1/64"], ["198.18.0.0/15", "fd99::/64"]),
        ];
        TunInterface device = Open(specs[0]);
        foreach (DeviceSpec spec in specs)
        {
            _space.RunInside(() => device.Update(spec));
            AssertDeclared(spec, device);
        }

        device.Dispose();
        Assert.Equal(before, Snapshot());
    }

    [Fact]
    public void Update_ThatTheKernelRefuses_CanBeTakenBack()
    {
        _space.Ip("link", "add", "v0", "type", "veth", "peer", "name", "v1");
        _space.Ip("link", "set", "v0", "up");
        _space.Ip("route", "add", "203.0.113.0/24", "dev", "v0", "table", "20035");
        DeviceSpec old = Spec(["10.77.0.1/24"], ["198.18.0.0/15"]);
        using TunInterface device = Open(old);
        string before = Snapshot();
        EngineException refused = Assert.Throws<EngineException>(() =>
            _space.RunInside(() => device.Update(Spec(["10.77.0.2/24", "fd77::1/64"], ["198.51.100.0/24", "203.0.113.0/24"]) with { Mtu = 1400 })));
        Assert.Equal(EngineError.KernelRefused, refused.Error);
        _space.RunInside(() => device.Update(old));
        Assert.Equal(before, Snapshot());
    }

    [Fact]
    public async Task Update_UnderALiveConnection_KeepsItAndHoldsForNewOnes()
    {
        await using PacketEngine engine = _space.Run(() => new PacketEngine(new EngineOptions { Loops = 1 }, NullLogger.Instance));
        _space.Ip("addr", "add", "192.0.2.7/32", "dev", "lo");
        using EchoServer echo = _space.Run(() => new EchoServer(IPAddress.Parse("192.0.2.7"), 7));
        engine.SetEventSink(new NoSink());
        DeviceSpec spec = Spec(["10.77.0.1/24"], ["198.18.0.0/16"]);
        EngineDevice device = _space.Run(() => engine.OpenDevice(spec));
        ToLoopback dialer = new(engine.StreamDialer);
        device.StreamEgress = new Egress(new EgressModel
        {
            DelegateName = "d",
            ProxyName = "p",
            Generation = 1,
            StreamDialer = dialer,
            PacketProxy = null,
        });
        using Socket live = Tcp();
        await live.ConnectAsync(IPAddress.Parse("198.18.0.1"), 7);
        await EchoAsync(live, 200_000);

        _space.RunInside(() => device.Update(spec with
        {
            Mtu = 1300,
            Addresses = [.. spec.Addresses, Prefix("10.78.0.1/24")],
            Routes = [.. spec.Routes, Prefix("198.19.0.0/16")],
            Limits = spec.Limits with { MaxTcpSessions = 2 },
        }));
        Assert.Equal(1300, device.Status.Mtu);
        await EchoAsync(live, 200_000);
        using Socket second = Tcp();
        await second.ConnectAsync(IPAddress.Parse("198.19.0.1"), 7);
        await EchoAsync(second, 200_000);
        using Socket third = Tcp();
        Assert.Equal(SocketError.ConnectionRefused,
            (await Assert.ThrowsAsync<SocketException>(() => third.ConnectAsync(IPAddress.Parse("198.19.0.1"), 7))).SocketErrorCode);

        _space.RunInside(() => device.Update(spec with { Mtu = 9000 }));
        await EchoAsync(live, 200_000);
        Assert.Equal(2, (await engine.ListSessionsAsync(null, CancellationToken.None)).Count);
        Assert.Throws<ArgumentException>(() => device.Update(spec with { Queues = 1 }));
    }

    private static async Task EchoAsync(Socket socket, int length)
    {
        byte[] sent = new byte[length];
        Random.Shared.NextBytes(sent);
        byte[] back = new byte[length];
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(20));
        Task send = Task.Run(async () =>
        {
            for (int at = 0; at < length;)
            {
                at += await socket.SendAsync(sent.AsMemory(at), SocketFlags.None, limit.Token);
            }
        });
        for (int have = 0; have < length;)
        {
            int read = await socket.ReceiveAsync(back.AsMemory(have), SocketFlags.None, limit.Token);
            have += read > 0 ? read : throw new EndOfStreamException($"ended after {have} of {length} bytes");
        }

        await send;
        Assert.Equal(sent, back);
    }

    private Socket Tcp() => _space.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));

    private TunInterface Open(DeviceSpec spec) => _space.Run(() => TunInterface.Open(spec, new EngineOptions(), 1, NullLogger.Instance));

    private void AssertDeclared(DeviceSpec spec, TunInterface device)
    {
        Assert.Equal(spec.Mtu == 0 ? 1500 : spec.Mtu, device.Status.Mtu);
        string[] addresses = [.. Lines(_space.Ip("-o", "addr", "show", "dev", "tun0")).Select(l => Words(l)[3]).Where(a => !a.StartsWith("fe80", StringComparison.Ordinal))];
        Assert.Equal(spec.Addresses.Select(a => a.ToString()).Order(StringComparer.Ordinal), addresses.Order(StringComparer.Ordinal));
        foreach (bool v6 in (bool[])[false, true])
        {
            string family = v6 ? "-6" : "-4";
            IpPrefix[] wished = [.. spec.Routes.Where(r => r.Address.IsV4 != v6)];
            string[] routes = [.. Lines(_space.Ip(family, "route", "show", "table", "all")).Where(l => l.Contains("table 2003", StringComparison.Ordinal)).Select(l => Words(l)[0])];
            Assert.Equal(wished.Select(r => r.Length == 0 ? "default" : r.ToString()).Order(StringComparer.Ordinal), routes.Order(StringComparer.Ordinal));
            string[] rules = [.. Lines(_space.Ip(family, "rule", "show")).Select(l => l.Split(':')[0]).Where(p => p.StartsWith("900", StringComparison.Ordinal))];
            string[] expected = [.. wished.Any(r => r.Length > 0) ? (string[])["9000"] : [], .. wished.Any(r => r.Length == 0) ? (string[])["9002", "9003"] : []];
            Assert.Equal(expected, rules);
        }
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private string Snapshot()
    {
        string all = string.Join('\n', _space.Ip("-o", "addr"), _space.Ip("-4", "route", "show", "table", "all"),
            _space.Ip("-6", "route", "show", "table", "all"), _space.Ip("-4", "rule"), _space.Ip("-6", "rule"));

        // A carrier that comes and goes shows a moment later, and brings the kernel's multicast route.
        return string.Join('\n', Lines(all).Where(l => !l.Contains("ff00::/8", StringComparison.Ordinal)))
            .Replace(" linkdown", "", StringComparison.Ordinal);
    }

    /// <summary>Everything goes to the echo server, wherever it was sent.</summary>
    private sealed class ToLoopback(IStreamDialer inner) : IStreamDialer
    {
        public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default) =>
            inner.DialAsync(HostPort.Parse("192.0.2.7:7"), cancellationToken);
    }

    private sealed class NoSink : ISessionEventSink
    {
        public void OnEvents(ReadOnlySpan<SessionEvent> events)
        {
        }

        public void OnLost(long count)
        {
        }
    }
}
