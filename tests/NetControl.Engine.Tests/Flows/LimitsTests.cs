using NetControl.Engine.Devices;
using NetControl.Engine.Sessions;
using NetControl.Network;
using NetControl.Stack.Icmp;
using NetControl.Stack.Ip;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;
using NetControl.Testing;
using NetControl.Testing.Proxies;

namespace NetControl.Engine.Tests.Flows;

/// <summary>Floods meet bounds: the state is limited, what is refused is told, and whoever is there already is unharmed.</summary>
public sealed class LimitsTests
{
    private static readonly AddrPort s_remote = AddrPort.Parse("198.18.9.9:9");

    [Fact]
    public async Task SynFlood_UsesBoundedState_AndLiveSessionsAreUnharmed()
    {
        using EchoServer echo = new();
        AddrPort to = LoopbackDialer.Outside(echo.EndPoint);
        SelectiveDialer? dialer = null;
        await using TestEngine test = new(
            dialer: engine => dialer = new SelectiveDialer(new LoopbackDialer(engine.StreamDialer), to.Port),
            spec: Spec(new DeviceLimits { MaxHalfOpen = 2000 }));
        TcpPeer peer = await test.Host.ConnectAsync(to);
        for (int i = 0; i < 50_000; i++)
        {
            test.Host.SendTcp(new AddrPort(PeerHost.AddressV4, (ushort)(10_000 + i)), s_remote, 1, 0, TcpFlags.Syn);
        }

        await peer.SendAsync("still here"u8.ToArray());
        Assert.Equal("still here"u8.ToArray(), await peer.ReceiveExactlyAsync(10));
        DeviceCounters device = test.Device;
        Assert.Equal((2000L, 2000L, 2001L), (device.HalfOpen, device.Usage.HalfOpen, device.Usage.TcpSessions));
        Assert.Equal((48_000L, 2000), (device.Drops[(int)DropReason.HalfOpenLimit], dialer!.Dials));
        await test.Engine.CloseSessionsAsync((in SessionInfo _) => true, SessionCause.ClosedByOperator, default);
        Assert.Equal(default, test.Device.Usage);
        Assert.Equal(0, test.Engine.ReadCounters().Loops[0].Sessions);
    }

    [Fact]
    public async Task Refusals_AreCountedOneByOne_AndToldInBulk()
    {
        ScriptedDialer dialer = new();
        await using TestEngine test = new(dialer: _ => dialer, spec: Spec(new DeviceLimits { MaxTcpSessions = 1 }));
        for (int i = 0; i < 1001; i++)
        {
            test.Host.SendTcp(test.Host.NextSource(s_remote), s_remote, 1, 0, TcpFlags.Syn);
        }

        // The rest of the flood is told when the rate allows it, at the latest a second later.
        long told = 0;
        while (told < 1000)
        {
            await test.Engine.FlushEventsAsync(default);
            told = Refused(test).Sum(info => info.PacketsSent);
            await Task.Delay(10);
        }

        Assert.Equal(1000, told);
        Assert.InRange(Refused(test).Length, 1, 60);
        Assert.Equal((1000L, 1000L), (test.Drops(DropReason.SessionLimit), test.Device.ResetsSent));
        SessionCounters row = test.Engine.ReadCounters().Sessions.Single(row => row.Protocol == SessionProtocol.Tcp);
        Assert.Equal((1001L, 1000L), (row.Opened, row.Closed[(int)SessionCause.LimitExceeded]));
    }

    [Fact]
    public async Task HangingDial_GivesWayToANewcomer_WhenThereAreTooMany()
    {
        ScriptedDialer dialer = new();
        await using TestEngine test = new(
            TestEngine.Options with { HalfOpenGrace = TimeSpan.FromMilliseconds(50) },
            _ => dialer,
            spec: Spec(new DeviceLimits { MaxHalfOpen = 1 }));
        AddrPort first = test.Host.NextSource(s_remote);
        test.Host.SendTcp(first, s_remote, 1, 0, TcpFlags.Syn);
        await dialer.NextAsync();
        await Task.Delay(60); // the grace itself is what is tested
        AddrPort second = test.Host.NextSource(s_remote);
        test.Host.SendTcp(second, s_remote, 1, 0, TcpFlags.Syn);
        Assert.Equal(SessionCause.LimitExceeded, (await test.ClosedAsync(first)).Cause);
        byte[] reset = await test.Host.ExpectAsync((_, parsed) => parsed.To == first);
        ParsedPacket.TryParse(reset, ChecksumTrust.Verify, out ParsedPacket parsed);
        Assert.True((parsed.Flags & TcpFlags.Rst) != 0);
        Assert.Equal(second, Assert.Single(await test.Engine.ListSessionsAsync(null, default)).Source);
        Assert.Equal((1L, 0L), (test.Device.Usage.HalfOpen, test.Drops(DropReason.HalfOpenLimit)));
    }

    [Fact]
    public async Task UdpFlood_MakesNoMoreSessionsThanAllowed_AndTheRestLearnsIt()
    {
        SilentProxy proxy = new();
        await using TestEngine test = new(proxy: _ => proxy, spec: Spec(new DeviceLimits { MaxUdpSessions = 100 }));
        for (int i = 0; i < 10_000; i++)
        {
            test.Host.SendUdp(new AddrPort(PeerHost.AddressV4, (ushort)(20_000 + i)), s_remote, [1]);
        }

        byte[] icmp = await test.Host.ExpectIcmpAsync(IcmpTypes.UnreachableV4);
        Assert.Equal(13, icmp[21]);
        await test.Engine.ListSessionsAsync(null, default);
        Assert.Equal((100L, 100, 9900L), (test.Device.Usage.UdpSessions, proxy.Sessions, test.Drops(DropReason.SessionLimit)));
        SessionInfo told = await test.Events.ExpectAsync(SessionEventKind.Closed);
        Assert.Equal((SessionCause.LimitExceeded, SessionProtocol.Udp), (told.Cause, told.Protocol));
        await test.Engine.CloseSessionsAsync((in SessionInfo _) => true, SessionCause.ClosedByOperator, default);
        Assert.Equal(default, test.Device.Usage);
    }

    [Fact]
    public async Task Source_WithAsManySessionsAsItMay_IsRefused_AndOthersAreNot()
    {
        SilentProxy proxy = new();
        ScriptedDialer dialer = new();
        await using TestEngine test = new(
            proxy: _ => proxy, dialer: _ => dialer, spec: Spec(new DeviceLimits { MaxSessionsPerSource = 2 }));
        AddrPort tcp = test.Host.NextSource(s_remote);
        test.Host.SendTcp(tcp, s_remote, 1, 0, TcpFlags.Syn);
        await dialer.NextAsync();
        test.Host.SendUdp(new AddrPort(PeerHost.AddressV4, 20_000), s_remote, [1]);
        test.Host.SendUdp(new AddrPort(PeerHost.AddressV4, 20_001), s_remote, [1]);
        Assert.Equal(13, (await test.Host.ExpectIcmpAsync(IcmpTypes.UnreachableV4))[21]);
        AddrPort third = test.Host.NextSource(s_remote);
        test.Host.SendTcp(third, s_remote, 1, 0, TcpFlags.Syn);
        Assert.Equal(SessionCause.SourceLimit, (await test.ClosedAsync(third)).Cause);
        Assert.Equal((2L, 1, 1L), (test.Drops(DropReason.SourceLimit), proxy.Sessions, test.Device.ResetsSent));
        Assert.Equal(2, test.Engine.ReadCounters().Sessions.Sum(row => row.Closed[(int)SessionCause.SourceLimit]));
        test.Host.SendUdp(AddrPort.Parse("10.77.0.99:20000"), s_remote, [1]);
        await test.Engine.ListSessionsAsync(null, default);
        Assert.Equal(2, proxy.Sessions);

        // Lowered in place it ends nobody, and counts who lives; what ends makes room.
        test.Stack.Device.Update(test.Stack.Device.Spec with { Limits = new DeviceLimits { MaxSessionsPerSource = 1 } });
        await test.Engine.CloseSessionsAsync((in SessionInfo s) => s.Protocol == SessionProtocol.Udp, SessionCause.ClosedByOperator, default);
        test.Host.SendUdp(new AddrPort(PeerHost.AddressV4, 20_002), s_remote, [1]);
        await test.Engine.ListSessionsAsync(null, default);
        Assert.Equal((3L, 2), (test.Drops(DropReason.SourceLimit), proxy.Sessions));
        await test.Engine.CloseSessionsAsync((in SessionInfo _) => true, SessionCause.ClosedByOperator, default);
        test.Host.SendUdp(new AddrPort(PeerHost.AddressV4, 20_003), s_remote, [1]);
        await test.Engine.ListSessionsAsync(null, default);
        Assert.Equal((3L, 3), (test.Drops(DropReason.SourceLimit), proxy.Sessions));
    }

    [Fact]
    public async Task Destination_WithAsManySessionsAsItMay_IsRefused_AndOthersAreNot()
    {
        ScriptedDialer dialer = new();
        await using TestEngine test = new(dialer: _ => dialer, spec: Spec(new DeviceLimits { MaxSessionsPerDestination = 1 }));
        test.Host.SendTcp(test.Host.NextSource(s_remote), s_remote, 1, 0, TcpFlags.Syn);
        await dialer.NextAsync();
        AddrPort second = test.Host.NextSource(s_remote);
        test.Host.SendTcp(second, s_remote, 1, 0, TcpFlags.Syn);
        Assert.Equal(SessionCause.DestinationLimit, (await test.ClosedAsync(second)).Cause);
        AddrPort other = new(s_remote.Address, (ushort)(s_remote.Port + 1));
        test.Host.SendTcp(test.Host.NextSource(other), other, 1, 0, TcpFlags.Syn);
        await dialer.NextAsync();
        Assert.Equal((1L, 2L, 2L), (test.Drops(DropReason.DestinationLimit), test.Device.Usage.TcpSessions, test.Device.Usage.HalfOpen));
        await test.Engine.CloseSessionsAsync((in SessionInfo _) => true, SessionCause.ClosedByOperator, default);
        test.Host.SendTcp(test.Host.NextSource(s_remote), s_remote, 1, 0, TcpFlags.Syn);
        await dialer.NextAsync();
        Assert.Equal(1, test.Drops(DropReason.DestinationLimit));
    }

    [Fact]
    public async Task Device_WithinItsFairShare_IsNotStarvedByAnother()
    {
        SilentProxy proxy = new();
        await using TestEngine test = new(TestEngine.Options with { MaxSessions = 40 }, proxy: _ => proxy);
        using StackDevice other = test.Engine.OpenStack(
            new DeviceSpec { Name = "devices/other", InterfaceName = "", Mtu = 1500 }, test.Engine.StreamDialer, new SilentProxy());
        for (int i = 0; i < 1000; i++)
        {
            test.Host.SendUdp(new AddrPort(PeerHost.AddressV4, (ushort)(20_000 + i)), s_remote, [1]);
        }

        await test.Engine.ListSessionsAsync(null, default);
        Assert.Equal(40, test.Device.Usage.UdpSessions);
        byte[] packet = new byte[29];
        for (int i = 0; i < 20; i++)
        {
            UdpPacket.Write(packet, new AddrPort(PeerHost.AddressV4, (ushort)(30_000 + i)), s_remote, [1]);
            other.Write(packet);
        }

        await test.Engine.ListSessionsAsync(null, default);
        Assert.Equal(10, test.Engine.ReadCounters().Devices.Single(d => d.Device == "devices/other").Usage.UdpSessions);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ReassemblyFlood_StaysWithinItsBytes_AndWholeDatagramsStillPass(bool v4)
    {
        const long Limit = 1 << 20;
        SilentProxy proxy = new();
        await using TestEngine test = new(proxy: _ => proxy, spec: Spec(new DeviceLimits { MaxReassemblyBytes = Limit }));
        AddrPort to = v4 ? s_remote : AddrPort.Parse("[fd99::9]:9");
        AddrPort from = test.Host.NextSource(to);
        byte[] whole = new byte[9000];
        int length = UdpPacket.Write(whole, from, to, new byte[8000]);
        byte[] room = new byte[1500];
        for (uint id = 1; id <= 20_000; id++)
        {
            Fragmenter fragments = new(whole.AsSpan(0, length), 1500, id);
            fragments.TryWriteNext(room, out int count);
            test.Host.Send(room.AsSpan(0, count));
            if (id % 1000 == 0)
            {
                Assert.InRange(test.Device.Usage.ReassemblyBytes, 0, Limit);
            }
        }

        test.Host.SendUdp(from, to, new byte[60_000]);
        SessionInfo session = await test.Events.ExpectAsync(SessionEventKind.Opened);
        Assert.Equal(from, session.Source);
        Assert.InRange(test.Drops(DropReason.ReassemblyLimit), 18_000, 20_000);
        await test.Stack.Device.CloseAsync(SessionCause.DeviceClosed);
        Assert.Equal(0, test.Stack.Device.Core.Budgets.Reassembly.Used);
    }

    private static SessionInfo[] Refused(TestEngine test) =>
    [
        .. test.Events.All().Where(e => e.Kind == SessionEventKind.Closed && e.Info.Cause == SessionCause.LimitExceeded).Select(e => e.Info),
    ];

    private static DeviceSpec Spec(DeviceLimits limits) => new() { Name = "devices/test", InterfaceName = "", Mtu = 1500, Limits = limits };
}
