using System.Net;
using System.Net.Sockets;
using NetControl.Engine.Sessions;
using NetControl.Network;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;
using NetControl.Testing;
using NetControl.Testing.Proxies;

namespace NetControl.Engine.Tests.Flows;

/// <summary>TCP sessions end to end, through the fast lane (a socket of the loop) and the slow lane (a stream that completes anywhere).</summary>
public sealed class TcpFlowTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Echo_BothFamilies_HalfCloseByTheClient_ThenByTheUpstream(bool slow, bool v6)
    {
        using EchoServer echo = new(v6 ? IPAddress.IPv6Loopback : IPAddress.Loopback);
        await using TestEngine test = Lane(slow);
        TcpPeer peer = await test.Host.ConnectAsync(LoopbackDialer.Outside(echo.EndPoint));
        byte[] sent = Noise(100_000);
        Task sending = peer.SendAsync(sent);
        AssertSame(sent, await peer.ReceiveExactlyAsync(sent.Length));
        await sending;
        peer.Close();
        Assert.Empty(await peer.ReceiveToEndAsync());
        SessionInfo closed = await test.ClosedAsync(peer.Source);
        Assert.Equal((SessionCause.Completed, 100_000L, 100_000L), (closed.Cause, closed.BytesSent, closed.BytesReceived));
        Assert.True(closed.DialDuration > TimeSpan.Zero);
        Assert.True(closed.FirstByteDuration >= closed.DialDuration);
        Assert.Null(closed.DialError);
    }

    [Fact]
    public async Task Upstream_WhoseLayersHaveDoneTheirPart_IsDrivenAsTheSocketItIs()
    {
        using EchoServer echo = new();
        await using TestEngine test = new(dialer: engine => new PassingDialer(new LoopbackDialer(engine.StreamDialer)));
        TcpPeer peer = await test.Host.ConnectAsync(LoopbackDialer.Outside(echo.EndPoint));
        byte[] sent = Noise(100_000);
        Task sending = peer.SendAsync(sent);
        AssertSame(sent, await peer.ReceiveExactlyAsync(sent.Length));
        await sending;
        peer.Close();
        Assert.Empty(await peer.ReceiveToEndAsync());
        Assert.Equal(SessionCause.Completed, (await test.ClosedAsync(peer.Source)).Cause);
        Assert.Equal(0, await test.Queue.Context.Loop.InvokeAsync(() => test.Queue.Context.FreeRelays)); // none was ever made
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task UpstreamClosesFirst_TheOtherHalfStaysOpen(bool slow)
    {
        using Upstream upstream = new();
        await using TestEngine test = Lane(slow);
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        far.Send("bye"u8);
        far.Shutdown(SocketShutdown.Send);
        Assert.Equal("bye"u8.ToArray(), await peer.ReceiveToEndAsync());
        byte[] late = Noise(200_000);
        Task sending = peer.SendAsync(late);
        AssertSame(late, await ReceiveAsync(far, late.Length));
        await sending;
        peer.Close();
        Assert.Equal(0, await far.ReceiveAsync(new byte[1]).WaitAsync(PeerHost.Patience));
        Assert.Equal(SessionCause.Completed, (await test.ClosedAsync(peer.Source)).Cause);
    }

    [Fact]
    public async Task UpstreamReset_WhileTheClientDoesNotRead_ReachesItSoon()
    {
        using Upstream upstream = new();
        await using TestEngine test = Lane(slow: false);
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        await FillAsync(far);
        far.LingerState = new LingerOption(true, 0);
        far.Close();
        Assert.Equal(SessionCause.UpstreamReset, (await test.ClosedAsync(peer.Source)).Cause);
    }

    private static async Task FillAsync(Socket far)
    {
        byte[] piece = new byte[256 << 10];
        while (true)
        {
            using CancellationTokenSource full = new(TimeSpan.FromMilliseconds(500));
            try
            {
                await far.SendAsync(piece, SocketFlags.None, full.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClientClosesFirst_TheOtherHalfStaysOpen(bool slow)
    {
        using Upstream upstream = new();
        await using TestEngine test = Lane(slow);
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        await peer.SendAsync("bye"u8.ToArray());
        peer.Close();
        Assert.Equal("bye"u8.ToArray(), await ReceiveAsync(far, 3));
        Assert.Equal(0, await far.ReceiveAsync(new byte[1]).WaitAsync(PeerHost.Patience));
        byte[] late = Noise(200_000);
        Task sending = far.SendAsync(late);
        AssertSame(late, await peer.ReceiveExactlyAsync(late.Length));
        await sending;
        far.Shutdown(SocketShutdown.Send);
        Assert.Empty(await peer.ReceiveToEndAsync());
        Assert.Equal(SessionCause.Completed, (await test.ClosedAsync(peer.Source)).Cause);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task UpstreamResets_TheClientIsReset(bool slow)
    {
        using Upstream upstream = new();
        await using TestEngine test = Lane(slow);
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        await peer.SendAsync("x"u8.ToArray());
        await ReceiveAsync(far, 1);
        far.LingerState = new LingerOption(true, 0);
        far.Dispose();
        await peer.ResetAsync();
        Assert.Equal(SessionCause.UpstreamReset, (await test.ClosedAsync(peer.Source)).Cause);
        Assert.Equal(1, test.Device.ResetsSent);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClientResets_TheUpstreamIsAbortedAtOnce(bool slow)
    {
        using Upstream upstream = new();
        await using TestEngine test = Lane(slow);
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        peer.Reset();
        SocketException e = await Assert.ThrowsAsync<SocketException>(() => far.ReceiveAsync(new byte[1]).WaitAsync(PeerHost.Patience));
        Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
        Assert.Equal(SessionCause.ClientReset, (await test.ClosedAsync(peer.Source)).Cause);
        Assert.Equal(1, test.Device.ResetsReceived);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SlowUpstreamReader_ClosesTheWindow_AndEveryByteArrives(bool slow)
    {
        const int Size = 24 << 20;
        using Upstream upstream = new();
        await using TestEngine test = Lane(slow, TestEngine.Options with { SessionBufferBytes = 1 << 20 });
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        far.ReceiveBufferSize = 64 << 10;
        byte[] sent = Noise(Size);
        Task sending = Task.Run(() => peer.SendAsync(sent));

        // Nobody reads: the kernel's buffers fill, then ours, then the window closes and the client cannot go on.
        await StallAsync(() => test.Device.BytesIn);
        Assert.False(sending.IsCompleted);
        Assert.InRange(test.Engine.ReadCounters().BufferPoolBytes, 1, 3 << 20);
        byte[] got = await ReceiveAsync(far, Size);
        AssertSame(sent, got);
        await sending.WaitAsync(PeerHost.Patience);
        peer.Reset();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SlowClientReader_HoldsTheUpstreamBack_AndEveryByteArrives(bool slow)
    {
        const int Size = 24 << 20;
        using Upstream upstream = new();
        await using TestEngine test = Lane(slow, TestEngine.Options with { SessionBufferBytes = 1 << 20 });
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        far.SendBufferSize = 64 << 10;
        byte[] sent = Noise(Size);
        Task sending = Task.Run(async () =>
        {
            await far.SendAsync(sent);
            far.Shutdown(SocketShutdown.Send);
        });
        await StallAsync(() => test.Device.BytesOut);
        Assert.False(sending.IsCompleted);
        Assert.InRange(test.Engine.ReadCounters().BufferPoolBytes, 1, 3 << 20);
        byte[] got = await peer.ReceiveToEndAsync();
        AssertSame(sent, got);
        await sending.WaitAsync(PeerHost.Patience);
        peer.Close();
        Assert.Equal(SessionCause.Completed, (await test.ClosedAsync(peer.Source)).Cause);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClientClosesBehindBytesThatTheUpstreamHasNotTaken_TheyStillArrive(bool slow)
    {
        using Upstream upstream = new();
        await using TestEngine test = Lane(slow);
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        far.ReceiveBufferSize = 32 << 10;
        byte[] sent = Noise(6 << 20);
        Task sending = Task.Run(async () =>
        {
            await peer.SendAsync(sent);
            peer.Close();
        });
        await StallAsync(() => test.Device.BytesIn);
        far.Shutdown(SocketShutdown.Send); // both ends have nothing more to say, but megabytes are still under way
        byte[] got = await ReceiveAsync(far, sent.Length);
        AssertSame(sent, got);
        Assert.Equal(0, await far.ReceiveAsync(new byte[1]).WaitAsync(PeerHost.Patience));
        await sending.WaitAsync(PeerHost.Patience);
        Assert.Empty(await peer.ReceiveToEndAsync());
        Assert.Equal(SessionCause.Completed, (await test.ClosedAsync(peer.Source)).Cause);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ResetInTimeWait_DoesNotCostTheUpstreamItsBytes(bool slow)
    {
        using Upstream upstream = new();
        await using TestEngine test = Lane(slow);
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        far.ReceiveBufferSize = 32 << 10;
        far.Shutdown(SocketShutdown.Send);
        Assert.Empty(await peer.ReceiveToEndAsync());

        // So much that some is left with us when the client, whose last word is acknowledged, is gone and knows the connection no more.
        byte[] sent = Noise(6 << 20);
        Task sending = Task.Run(() => peer.SendAsync(sent));
        await StallAsync(() => test.Device.BytesIn);
        Task<byte[]> reading = ReceiveAsync(far, sent.Length);
        await sending;
        peer.Close();
        await peer.FinishedAsync();
        test.Host.SendTcp(peer.Source, peer.Destination, peer.SendNext, 0, TcpFlags.Rst);
        AssertSame(sent, await reading);
        Assert.Equal(0, await far.ReceiveAsync(new byte[1]).WaitAsync(PeerHost.Patience));
        Assert.Equal(SessionCause.Completed, (await test.ClosedAsync(peer.Source)).Cause);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BulkBothWaysAtOnce_ArrivesIntact(bool slow)
    {
        const int Size = 16 << 20;
        using EchoServer echo = new();
        await using TestEngine test = Lane(slow);
        TcpPeer peer = await test.Host.ConnectAsync(LoopbackDialer.Outside(echo.EndPoint));
        byte[] sent = Noise(Size);
        Task sending = Task.Run(async () =>
        {
            await peer.SendAsync(sent);
            peer.Close();
        });
        byte[] got = await peer.ReceiveToEndAsync();
        await sending;
        AssertSame(sent, got);
        SessionInfo closed = await test.ClosedAsync(peer.Source);
        Assert.Equal((SessionCause.Completed, (long)Size, (long)Size), (closed.Cause, closed.BytesSent, closed.BytesReceived));
    }

    [Fact]
    public async Task HundredsOfShortConnections_AllComplete_AndNothingIsLeft()
    {
        using EchoServer echo = new();
        await using TestEngine test = new();
        AddrPort to = LoopbackDialer.Outside(echo.EndPoint);
        for (int round = 0; round < 10; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 40).Select(async _ =>
            {
                TcpPeer peer = await test.Host.ConnectAsync(to);
                await peer.SendAsync(new byte[1000]);
                await peer.ReceiveExactlyAsync(1000);
                peer.Close();
                Assert.Empty(await peer.ReceiveToEndAsync());
                Assert.Equal(SessionCause.Completed, (await test.ClosedAsync(peer.Source)).Cause);
            }));
        }

        Assert.Equal(0, test.Engine.ReadCounters().Loops[0].Sessions);
        Assert.Equal(0, test.Device.HalfOpen);
        Assert.Equal(0, test.Device.ResetsSent);
    }

    [Fact]
    public async Task StrayAcknowledgement_IsReset_AndAStrayResetIsNot()
    {
        await using TestEngine test = new();
        AddrPort source = test.Host.NextSource(Nowhere);
        test.Host.SendTcp(source, Nowhere, 1000, 2000, TcpFlags.Rst | TcpFlags.Ack);
        test.Host.SendTcp(source, Nowhere, 1000, 2000, TcpFlags.Ack);
        byte[] packet = await test.Host.ExpectAsync((_, parsed) => parsed.Protocol == IpProtocol.Tcp);
        ParsedPacket.TryParse(packet, ChecksumTrust.Verify, out ParsedPacket reset);
        Assert.Equal((TcpFlags.Rst, 2000U), (reset.Flags, reset.Seq.Value));
        Assert.Equal(2, test.Drops(DropReason.NoSession));
        Assert.Empty(test.Host.Unexpected());
    }

    [Fact]
    public async Task WithoutEgress_ASynIsReset_AndCounted()
    {
        await using TestEngine test = new();
        test.Stack.Device.StreamEgress = null;
        AddrPort source = test.Host.NextSource(Nowhere);
        test.Host.SendTcp(source, Nowhere, 1000, 0, TcpFlags.Syn);
        byte[] packet = await test.Host.ExpectAsync((_, parsed) => parsed.Protocol == IpProtocol.Tcp);
        ParsedPacket.TryParse(packet, ChecksumTrust.Verify, out ParsedPacket reset);
        Assert.Equal((TcpFlags.Rst | TcpFlags.Ack, 1001U), (reset.Flags, reset.Ack.Value));
        Assert.Equal(1, test.Drops(DropReason.NoEgress));
        Assert.Empty(await test.Engine.ListSessionsAsync(null, CancellationToken.None));
    }

    [Fact]
    public async Task TimeWait_AnswersLateSegments_AndLetsANewSynIn()
    {
        using Upstream upstream = new();
        await using TestEngine test = new();
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        far.Shutdown(SocketShutdown.Send); // the upstream closes first, so TIME-WAIT is ours
        Assert.Empty(await peer.ReceiveToEndAsync());
        peer.Close();
        await test.ClosedAsync(peer.Source);
        uint next = peer.SendNext;
        peer.Vanish();
        test.Host.SendTcp(peer.Source, peer.Destination, next - 1, peer.ReceiveNext, TcpFlags.Fin | TcpFlags.Ack);
        byte[] packet = await test.Host.ExpectAsync((_, parsed) => parsed.To == peer.Source);
        ParsedPacket.TryParse(packet, ChecksumTrust.Verify, out ParsedPacket answer);
        Assert.Equal((TcpFlags.Ack, next), (answer.Flags, answer.Ack.Value));

        Task<Socket> accepting = upstream.AcceptAsync();
        TcpPeer again = await test.Host.ConnectAsync(peer.Destination, peer.Source, next + 100_000);
        using Socket second = await accepting;
        second.Send("new"u8);
        Assert.Equal("new"u8.ToArray(), await again.ReceiveExactlyAsync(3));
        again.Reset();
        far.Dispose();
    }

    [Fact]
    public async Task CloseSessions_ResetsBothSides()
    {
        using Upstream upstream = new();
        await using TestEngine test = new();
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        (TcpPeer other, Socket otherFar) = await upstream.MeetAsync(test);
        int count = await test.Engine.CloseSessionsAsync(
            (in SessionInfo info) => info.Source == peer.Source, SessionCause.ClosedByOperator, CancellationToken.None);
        Assert.Equal(1, count);
        await peer.ResetAsync();
        await Assert.ThrowsAsync<SocketException>(() => far.ReceiveAsync(new byte[1]).WaitAsync(PeerHost.Patience));
        Assert.Equal(SessionCause.ClosedByOperator, (await test.ClosedAsync(peer.Source)).Cause);
        await other.SendAsync("still"u8.ToArray());
        Assert.Equal("still"u8.ToArray(), await ReceiveAsync(otherFar, 5));
        other.Reset();
    }

    internal static AddrPort Nowhere => AddrPort.Parse("198.18.9.9:9");

    internal static TestEngine Lane(bool slow, EngineOptions? options = null) =>
        slow ? new TestEngine(options, _ => new LoopbackDialer(new PooledStreamDialer())) : new TestEngine(options);

    /// <summary>Equality of much data, told in few words.</summary>
    internal static void AssertSame(byte[] sent, byte[] got)
    {
        int common = sent.AsSpan().CommonPrefixLength(got);
        if (sent.Length == got.Length && common == sent.Length)
        {
            return;
        }

        int wrong = 0;
        while (common + wrong < Math.Min(sent.Length, got.Length) && !sent.AsSpan(common + wrong).StartsWith(got.AsSpan(common + wrong, Math.Min(16, got.Length - common - wrong))))
        {
            wrong++;
        }

        int origin = common + 32 > got.Length ? -1 : sent.AsSpan().IndexOf(got.AsSpan(common, 32));
        Assert.Fail($"{got.Length} of {sent.Length} bytes; the first {common} are right, then {wrong} are wrong and belong to {origin}");
    }

    internal static byte[] Noise(int size)
    {
        byte[] bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    internal static async Task<byte[]> ReceiveAsync(Socket socket, int count)
    {
        byte[] bytes = new byte[count];
        int at = 0;
        while (at < count)
        {
            int got = await socket.ReceiveAsync(bytes.AsMemory(at)).AsTask().WaitAsync(PeerHost.Patience);
            Assert.NotEqual(0, got);
            at += got;
        }

        return bytes;
    }

    /// <summary>Waits until a counter has moved and then stood still for a while.</summary>
    internal static async Task StallAsync(Func<long> counter)
    {
        long last = -1;
        int still = 0;
        for (int i = 0; i < 400 && still < 6; i++)
        {
            await Task.Delay(25);
            long now = counter();
            still = now == last && now > 100_000 ? still + 1 : 0;
            last = now;
        }

        Assert.Equal(6, still);
    }
}
