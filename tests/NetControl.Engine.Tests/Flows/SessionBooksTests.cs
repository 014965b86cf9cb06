using System.Net.Sockets;
using NetControl.Engine.Devices;
using NetControl.Engine.Sessions;
using NetControl.Network;
using NetControl.Testing;
using NetControl.Testing.Proxies;

namespace NetControl.Engine.Tests.Flows;

/// <summary>What is told of sessions adds up: opened less closed is live, and the bytes of the events are the counters'.</summary>
public sealed class SessionBooksTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RandomSessions_EventsAndCountersAgreeExactly(bool slow)
    {
        using EchoServer echo = new();
        using Upstream upstream = new();
        Upstream closed = new();
        closed.Dispose();
        await using TestEngine test = TcpFlowTests.Lane(slow, TestEngine.Options with { Loops = 2 });
        AddrPort to = LoopbackDialer.Outside(echo.EndPoint);
        int completed = 0, clientReset = 0, upstreamReset = 0, refused = 0, udp = 0;
        for (int round = 0; round < 6; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
            {
                byte[] bytes = TcpFlowTests.Noise((i * 5_003) + round + 1);
                switch (i % 5)
                {
                    case 0:
                        TcpPeer whole = await test.Host.ConnectAsync(to);
                        Task sending = whole.SendAsync(bytes);
                        await whole.ReceiveExactlyAsync(bytes.Length);
                        await sending;
                        whole.Close();
                        await whole.ReceiveToEndAsync();
                        Interlocked.Increment(ref completed);
                        break;
                    case 1:
                        TcpPeer broken = await test.Host.ConnectAsync(to);
                        await broken.SendAsync(bytes);
                        await broken.ReceiveAsync(new byte[1000]);
                        broken.Reset();
                        Interlocked.Increment(ref clientReset);
                        break;
                    case 2:
                        (TcpPeer peer, Socket far) = await MeetSomeoneAsync(test, upstream);
                        far.LingerState = new LingerOption(true, 0);
                        far.Dispose();
                        await peer.ResetAsync();
                        Interlocked.Increment(ref upstreamReset);
                        break;
                    case 3:
                        await test.Host.Begin(closed.Address).ResetAsync();
                        Interlocked.Increment(ref refused);
                        break;
                    default:
                        AddrPort source = test.Host.NextSource(to);
                        test.Host.SendUdp(source, to, bytes.AsSpan(0, Math.Min(bytes.Length, 1400)));
                        await test.Host.ExpectUdpAsync(source);
                        Interlocked.Increment(ref udp);
                        break;
                }
            }));
        }

        Egress egress = test.Stack.Device.StreamEgress!;

        // TCP sessions end by themselves; UDP waits for its idle time, which an operator cuts short.
        for (int i = 0; i < 500 && (await test.Engine.ListSessionsAsync(null, default)).Any(s => s.Protocol == SessionProtocol.Tcp); i++)
        {
            await Task.Delay(10);
        }

        Assert.Equal(udp, egress.LiveSessions);
        Assert.Equal(udp, await test.Engine.CloseSessionsAsync((in SessionInfo _) => true, SessionCause.ClosedByOperator, default));
        Assert.Equal(0, egress.LiveSessions);
        await test.Engine.FlushEventsAsync(default);
        SessionEvent[] events = test.Events.All();
        Assert.Equal(0, test.Events.Lost);
        foreach (IGrouping<ulong, SessionEvent> session in events.GroupBy(e => e.Info.Id))
        {
            Assert.Equal([SessionEventKind.Opened, SessionEventKind.Closed], session.Select(e => e.Kind));
        }

        SessionInfo[] ends = [.. events.Where(e => e.Kind == SessionEventKind.Closed).Select(e => e.Info)];
        IReadOnlyList<SessionCounters> rows = test.Engine.ReadCounters().Sessions;
        foreach (SessionProtocol protocol in Enum.GetValues<SessionProtocol>())
        {
            SessionInfo[] mine = [.. ends.Where(info => info.Protocol == protocol)];
            SessionCounters row = rows.Single(counters => counters.Protocol == protocol);
            Assert.Equal(mine.Length, row.Opened);
            Assert.Equal((mine.Sum(info => info.BytesSent), mine.Sum(info => info.BytesReceived)), (row.BytesSent, row.BytesReceived));
            foreach (SessionCause cause in Enum.GetValues<SessionCause>())
            {
                Assert.Equal(mine.Count(info => info.Cause == cause), row.Closed[(int)cause]);
            }
        }

        Assert.Equal(120, ends.Length);
        Assert.Equal(completed, ends.Count(info => info.Cause == SessionCause.Completed));
        Assert.Equal(clientReset, ends.Count(info => info.Cause == SessionCause.ClientReset));
        Assert.Equal(upstreamReset, ends.Count(info => info.Cause == SessionCause.UpstreamReset));
        Assert.Equal(refused, ends.Count(info => slow ? info.Cause == SessionCause.DialFailed : info.Cause == SessionCause.DialRefused));
        Assert.All(ends, info => Assert.True(info.ClosedUtcTicks >= info.OpenedUtcTicks && info.State == SessionState.Closed));
        Assert.All(test.Engine.ReadCounters().Loops, loop => Assert.Equal(0, loop.Sessions));
    }

    [Fact]
    public async Task GetSession_ShowsTheMachine_AndUpdatesComeWhileAskedFor()
    {
        using EchoServer echo = new();
        await using TestEngine test = new();
        TcpPeer peer = await test.Host.ConnectAsync(LoopbackDialer.Outside(echo.EndPoint));
        await peer.SendAsync(new byte[100]);
        await peer.ReceiveExactlyAsync(100);
        SessionInfo listed = Assert.Single(await test.Engine.ListSessionsAsync((in SessionInfo info) => info.Source == peer.Source, default));
        Assert.Empty(await test.Engine.ListSessionsAsync((in SessionInfo _) => false, default));
        SessionDetail? detail = await test.Engine.GetSessionAsync(listed.Id, default);
        TcpSessionInfo tcp = detail!.Value.Tcp!.Value;
        Assert.Equal(("ESTABLISHED", CongestionControl.Cubic, LossRecovery.None), (tcp.State, tcp.CongestionControl, tcp.Recovery));
        Assert.Equal(0, tcp.SlowStartThreshold); // nothing was lost
        Assert.True(tcp.SmoothedRtt > TimeSpan.Zero && tcp.RttVariation > TimeSpan.Zero && tcp.RetransmissionTimeout > tcp.SmoothedRtt);
        Assert.True(tcp.CongestionWindow >= tcp.SendMss && tcp.SendWindow > 0 && tcp.ReceiveWindow > 0);
        Assert.Equal((100L, 100L), (detail.Value.Info.BytesSent, detail.Value.Info.BytesReceived));
        Assert.Null(await test.Engine.GetSessionAsync(listed.Id + 1, default));
        test.Engine.WantUpdates = true;
        SessionInfo updated = await test.Events.ExpectAsync(SessionEventKind.Updated);
        Assert.Equal((listed.Id, 100L), (updated.Id, updated.BytesReceived));
        test.Engine.WantUpdates = false;
        peer.Reset();
    }

    [Fact]
    public async Task StateThatMovesWithoutBytes_IsAnUpdateToo()
    {
        ScriptedDialer dialer = new();
        await using TestEngine test = new(dialer: _ => dialer);
        TcpPeer peer = test.Host.Begin(AddrPort.Parse("198.18.0.1:80"));
        (await dialer.NextAsync()).Answer.SetResult(new IdleStream());
        await peer.EstablishedAsync();
        test.Engine.ReportMoved();
        SessionInfo updated = await test.Events.ExpectAsync(SessionEventKind.Updated);
        Assert.Equal(SessionState.Open, updated.State);
        test.Engine.ReportMoved();
        await test.Engine.ListSessionsAsync(null, default);
        await test.Engine.FlushEventsAsync(default);
        Assert.Single(test.Events.All(), e => e.Kind == SessionEventKind.Updated);
    }

    [Fact]
    public async Task DevicesOfOneName_ThatComeAndGo_KeepOneRowThatOnlyGrows()
    {
        await using TestEngine test = new();
        for (int i = 1; i <= 3; i++)
        {
            using Engine.Devices.StackDevice stack = test.Engine.OpenStack("devices/again", test.Engine.StreamDialer, new PacketListenerProxy(test.Listener));
            stack.Write(new byte[40]);
            await test.Engine.ListSessionsAsync(null, default);
            await stack.Device.CloseAsync(SessionCause.DeviceClosed);
            Assert.Equal(i, test.Engine.ReadCounters().Devices.Single(device => device.Device == "devices/again").PacketsIn);
        }
    }

    private static async Task<(TcpPeer Peer, Socket Far)> MeetSomeoneAsync(TestEngine test, Upstream upstream)
    {
        TcpPeer peer = await test.Host.ConnectAsync(upstream.Address);
        return (peer, await upstream.AcceptAsync());
    }
}
