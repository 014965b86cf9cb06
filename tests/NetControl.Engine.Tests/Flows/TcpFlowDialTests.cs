using System.Net.Sockets;
using NetControl.Engine.Sessions;
using NetControl.Engine.Sockets;
using NetControl.Network;
using NetControl.Stack.Icmp;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;
using NetControl.Testing;
using NetControl.Testing.Proxies;

namespace NetControl.Engine.Tests.Flows;

/// <summary>Connect before accept: what becomes of a SYN while its upstream is dialled.</summary>
public sealed class TcpFlowDialTests
{
    private static AddrPort Remote => AddrPort.Parse("198.18.0.1:443");

    private static AddrPort RemoteV6 => AddrPort.Parse("[fd99::1]:443");

    [Fact]
    public async Task Syn_IsAnsweredOnlyWhenTheDialIsDone()
    {
        ScriptedDialer dialer = new();
        await using TestEngine test = new(dialer: _ => dialer);
        TcpPeer peer = test.Host.Begin(Remote);
        ScriptedDialer.Dial dial = await dialer.NextAsync();
        Assert.Equal(Remote, dial.Destination.Address);
        SessionInfo session = Assert.Single(await test.Engine.ListSessionsAsync(null, CancellationToken.None));
        Assert.Equal((SessionState.Dialing, 1L), (session.State, test.Device.HalfOpen));
        Assert.Equal(SessionState.Dialing, (await test.Events.ExpectAsync(SessionEventKind.Opened)).State);
        Assert.Equal(0, test.Host.PacketsRead);
        dial.Answer.SetResult(new IdleStream());
        await peer.EstablishedAsync();
        session = Assert.Single(await test.Engine.ListSessionsAsync(null, CancellationToken.None));
        Assert.Equal(SessionState.Open, session.State);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ASyn_WhileADialToThereBegins_WaitsUntilItIsKnownWhoseItIs(bool ours)
    {
        await using TestEngine test = new(dialer: _ => new ScriptedDialer());
        OwnSockets own = test.Queue.Context.Udp.Own;
        own.DialBegins(Remote);
        TcpPeer peer = test.Host.Begin(Remote);
        for (int turn = 0; turn < 3; turn++)
        {
            await test.Queue.Context.Loop.InvokeAsync(() => true);
        }

        Assert.Empty(await test.Engine.ListSessionsAsync(null, CancellationToken.None));
        own.DialBegan(ours ? peer.Source : default, Remote);
        if (ours)
        {
            Assert.Equal(SessionCause.UpstreamLoop, (await test.Events.ExpectAsync(SessionEventKind.Closed)).Cause);
        }
        else
        {
            Assert.Equal(peer.Source, (await test.Events.ExpectAsync(SessionEventKind.Opened)).Source);
        }
    }

    [Fact]
    public async Task WhatADialerNotes_IsTheSessions_AndComesTooLateForTheNext()
    {
        NotingDialer dialer = new();
        await using TestEngine test = new(dialer: _ => dialer);
        test.Host.Begin(Remote);
        ScriptedDialer.Dial first = await dialer.Inner.NextAsync();
        await NoteAsync(TimeSpan.FromMilliseconds(5));
        SessionInfo session = Assert.Single(await test.Engine.ListSessionsAsync(null, CancellationToken.None));
        Assert.Equal((SessionState.Dialing, TimeSpan.FromMilliseconds(5)), (session.State, session.ConnectDuration));
        first.Answer.SetException(new DialException(DialFailure.ProxyProtocol, "rubbish"));
        SessionInfo closed = await test.Events.ExpectAsync(SessionEventKind.Closed);
        Assert.Equal((TimeSpan.FromMilliseconds(5), "rubbish"), (closed.ConnectDuration, closed.DialError));

        // The same object serves the next session.
        test.Host.Begin(RemoteV6);
        await dialer.Inner.NextAsync();
        await NoteAsync(TimeSpan.FromMilliseconds(9));
        session = Assert.Single(await test.Engine.ListSessionsAsync(null, CancellationToken.None));
        Assert.Equal((TimeSpan.Zero, null), (session.ConnectDuration, session.DialError));
        DialNote.Current.NoteConnected(TimeSpan.FromSeconds(1)); // nobody dials here

        Task<bool> NoteAsync(TimeSpan took) => test.Queue.Context.Loop.InvokeAsync(() =>
        {
            dialer.Places[0].NoteConnected(took);
            return true;
        });
    }

    [Theory]
    [InlineData(DialFailure.Refused, SessionCause.DialRefused, -1, -1)]
    [InlineData(DialFailure.TimedOut, SessionCause.DialTimeout, -1, -1)]
    [InlineData(DialFailure.ProxyUnreachable, SessionCause.DialProxyFailed, -1, -1)]
    [InlineData(DialFailure.ProxyProtocol, SessionCause.DialProxyFailed, -1, -1)]
    [InlineData(DialFailure.LocalLimit, SessionCause.LimitExceeded, -1, -1)]
    [InlineData(DialFailure.NameNotResolved, SessionCause.DialFailed, -1, -1)]
    [InlineData(DialFailure.Other, SessionCause.DialFailed, -1, -1)]
    [InlineData(DialFailure.NetworkUnreachable, SessionCause.DialUnreachable, 0, 0)]
    [InlineData(DialFailure.HostUnreachable, SessionCause.DialUnreachable, 1, 3)]
    [InlineData(DialFailure.NotAllowed, SessionCause.Rejected, 13, 1)]
    public async Task FailedDial_IsToldInTheClientsWords(DialFailure failure, SessionCause cause, int codeV4, int codeV6)
    {
        ScriptedDialer dialer = new();
        await using TestEngine test = new(dialer: _ => dialer);
        foreach (AddrPort remote in new[] { Remote, RemoteV6 })
        {
            foreach (bool atOnce in new[] { false, true })
            {
                DialException e = new(failure, "as scripted");
                dialer.Throws = atOnce ? e : null;
                TcpPeer peer = test.Host.Begin(remote);
                if (!atOnce)
                {
                    (await dialer.NextAsync()).Answer.SetException(e);
                }

                Assert.Equal(cause, (await test.ClosedAsync(peer.Source)).Cause);
                if (codeV4 < 0)
                {
                    await peer.ResetAsync();
                    continue;
                }

                byte[] icmp = await test.Host.ExpectIcmpAsync(remote.IsV4 ? IcmpTypes.UnreachableV4 : IcmpTypes.UnreachableV6);
                ParsedPacket.TryParse(icmp, ChecksumTrust.Verify, out ParsedPacket parsed);
                Assert.True(IcmpErrorMessage.TryParse(icmp, parsed, out IcmpErrorMessage error));
                Assert.Equal(remote.IsV4 ? codeV4 : codeV6, parsed.IcmpCode);
                Assert.Equal(new FlowKey(IpProtocol.Tcp, peer.Source, remote), error.Flow);
                Assert.False(peer.WasReset);
                peer.Vanish();
            }
        }

        Assert.Equal((0L, 0L), (test.Device.HalfOpen, test.Engine.ReadCounters().Loops[0].Sessions));
    }

    [Fact]
    public async Task RefusedByTheRealUpstream_IsAReset()
    {
        Upstream upstream = new();
        upstream.Dispose();
        await using TestEngine test = new();
        TcpPeer peer = test.Host.Begin(upstream.Address);
        await peer.ResetAsync();
        Assert.Equal(SessionCause.DialRefused, (await test.ClosedAsync(peer.Source)).Cause);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DialThatTakesTooLong_IsReset_AndItsObjectIsUsedOnce(bool honoursCancellation)
    {
        ScriptedDialer dialer = new() { HonoursCancellation = honoursCancellation };
        await using TestEngine test = new(TestEngine.Options with { DialTimeout = TimeSpan.FromMilliseconds(80) }, _ => dialer);
        TcpPeer[] peers = [.. Enumerable.Range(0, 8).Select(_ => test.Host.Begin(Remote))];
        List<ScriptedDialer.Dial> dials = [];
        foreach (TcpPeer peer in peers)
        {
            dials.Add(await dialer.NextAsync());
            await peer.ResetAsync();
            Assert.Equal(SessionCause.DialTimeout, (await test.ClosedAsync(peer.Source)).Cause);
        }

        Assert.All(dials, dial => Assert.True(dial.Token.IsCancellationRequested));

        // Late answers are thrown away, and must not reach whoever has the objects now.
        IdleStream late = new();
        dials.ForEach(dial => dial.Answer.TrySetResult(late));
        await SessionsStayApart(test, dialer);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ClientGivesUpWhileDialling_TheDialIsCancelled_AndItsObjectIsUsedOnce(bool honoursCancellation)
    {
        ScriptedDialer dialer = new() { HonoursCancellation = honoursCancellation };
        await using TestEngine test = new(dialer: _ => dialer);
        for (int i = 0; i < 4; i++)
        {
            AddrPort source = test.Host.NextSource(Remote);
            test.Host.SendTcp(source, Remote, 1000, 0, TcpFlags.Syn);
            ScriptedDialer.Dial dial = await dialer.NextAsync();
            test.Host.SendTcp(source, Remote, 1001, 0, TcpFlags.Rst);
            Assert.Equal(SessionCause.ClientAborted, (await test.ClosedAsync(source)).Cause);
            Assert.True(dial.Token.IsCancellationRequested);
            IdleStream late = new();
            if (dial.Answer.TrySetResult(late))
            {
                await late.Disposed.Task.WaitAsync(PeerHost.Patience);
                Assert.Equal(1, late.Aborts);
            }
        }

        await SessionsStayApart(test, dialer);
    }

    [Fact]
    public async Task RealDialThatIsCancelled_LeavesNoSharedObjectBehind()
    {
        using EchoServer echo = new();
        await using TestEngine test = new();
        AddrPort to = LoopbackDialer.Outside(echo.EndPoint);
        await test.Engine.ListSessionsAsync(null, CancellationToken.None);

        // Both packets in one turn: the reset finds the dial under way.
        for (int i = 0; i < 20; i++)
        {
            AddrPort source = test.Host.NextSource(to);
            await test.Queue.Context.Loop.InvokeAsync(() =>
            {
                test.Host.SendTcp(source, to, 1000, 0, TcpFlags.Syn);
                test.Host.SendTcp(source, to, 1001, 0, TcpFlags.Rst);
                return 0;
            });
            await test.ClosedAsync(source);
        }

        await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            TcpPeer peer = await test.Host.ConnectAsync(to);
            byte[] mine = TcpFlowTests.Noise(1000 + i);
            await peer.SendAsync(mine);
            Assert.Equal(mine, await peer.ReceiveExactlyAsync(mine.Length));
            peer.Close();
            Assert.Empty(await peer.ReceiveToEndAsync());
            SessionInfo closed = await test.ClosedAsync(peer.Source);
            Assert.Equal((mine.Length, (long)mine.Length), (closed.BytesSent, closed.BytesReceived));
        }));
        Assert.Equal(0, test.Engine.ReadCounters().Loops[0].Sessions);
    }

    [Fact]
    public async Task AcceptImmediately_AnswersFirst_AndKeepsWhatTheClientSays()
    {
        using Upstream upstream = new();
        ScriptedDialer dialer = new();
        await using TestEngine test = new(dialer: _ => dialer);
        test.Stack.Device.AcceptImmediately = true;
        TcpPeer peer = await test.Host.ConnectAsync(upstream.Address);
        await peer.SendAsync("early"u8.ToArray());
        peer.Close();
        ScriptedDialer.Dial dial = await dialer.NextAsync();
        Task<Socket> accepting = upstream.AcceptAsync();
        IStreamConnection real = await test.Engine.StreamDialer.DialAsync(LoopbackDialer.Inside(upstream.Address));
        using Socket far = await accepting;
        dial.Answer.SetResult(real);
        Assert.Equal("early"u8.ToArray(), await TcpFlowTests.ReceiveAsync(far, 5));
        Assert.Equal(0, await far.ReceiveAsync(new byte[1]).WaitAsync(PeerHost.Patience));
        far.Send("late"u8);
        far.Shutdown(SocketShutdown.Send);
        Assert.Equal("late"u8.ToArray(), await peer.ReceiveToEndAsync());
        Assert.Equal(SessionCause.Completed, (await test.ClosedAsync(peer.Source)).Cause);
    }

    [Fact]
    public async Task AcceptImmediately_IsHalfOpen_UntilTheDialIsDone()
    {
        ScriptedDialer dialer = new();
        await using TestEngine test = new(TestEngine.Options with { MaxHalfOpen = 1 }, _ => dialer);
        test.Stack.Device.AcceptImmediately = true;
        await test.Host.ConnectAsync(Remote);
        test.Host.SendTcp(test.Host.NextSource(Remote), Remote, 1000, 0, TcpFlags.Syn);
        await test.Engine.ListSessionsAsync(null, CancellationToken.None);
        Assert.Equal((1L, 1L), (test.Device.HalfOpen, test.Drops(DropReason.HalfOpenLimit)));
        (await dialer.NextAsync()).Answer.SetResult(new IdleStream());
        await test.Engine.ListSessionsAsync(null, CancellationToken.None);
        Assert.Equal(0, test.Device.HalfOpen);
    }

    [Fact]
    public async Task AcceptImmediately_DialFails_IsAReset()
    {
        ScriptedDialer dialer = new();
        await using TestEngine test = new(dialer: _ => dialer);
        test.Stack.Device.AcceptImmediately = true;
        TcpPeer peer = await test.Host.ConnectAsync(Remote);
        (await dialer.NextAsync()).Answer.SetException(new DialException(DialFailure.HostUnreachable, "no"));
        await peer.ResetAsync();
        Assert.Equal(SessionCause.DialUnreachable, (await test.ClosedAsync(peer.Source)).Cause);
    }

    [Fact]
    public async Task HalfOpenLimit_DropsFurtherSyns_AndCountsThem()
    {
        ScriptedDialer dialer = new();
        await using TestEngine test = new(TestEngine.Options with { MaxHalfOpen = 3 }, _ => dialer);
        for (int i = 0; i < 5; i++)
        {
            test.Host.SendTcp(test.Host.NextSource(Remote), Remote, 1000, 0, TcpFlags.Syn);
        }

        await test.Engine.ListSessionsAsync(null, CancellationToken.None);
        Assert.Equal((3L, 2L), (test.Device.HalfOpen, test.Drops(DropReason.HalfOpenLimit)));
        Assert.Equal(0, test.Host.PacketsRead);
        (await dialer.NextAsync()).Answer.SetException(new DialException(DialFailure.Refused, "no"));
        await test.Events.ExpectAsync(SessionEventKind.Closed, info => info.Cause == SessionCause.DialRefused);
        Assert.Equal(2, test.Device.HalfOpen);
    }

    [Fact]
    public async Task SessionLimit_ResetsFurtherSyns_AndDropsFurtherDatagrams()
    {
        ScriptedDialer dialer = new();
        await using TestEngine test = new(TestEngine.Options with { MaxSessions = 1 }, _ => dialer);
        test.Host.SendTcp(test.Host.NextSource(Remote), Remote, 1000, 0, TcpFlags.Syn);
        AddrPort second = test.Host.NextSource(Remote);
        test.Host.SendTcp(second, Remote, 1000, 0, TcpFlags.Syn);
        byte[] packet = await test.Host.ExpectAsync((_, parsed) => parsed.To == second);
        ParsedPacket.TryParse(packet, ChecksumTrust.Verify, out ParsedPacket reset);
        Assert.Equal(TcpFlags.Rst | TcpFlags.Ack, reset.Flags);
        test.Host.SendUdp(test.Host.NextSource(Remote), Remote, [1]);
        await test.Engine.ListSessionsAsync(null, CancellationToken.None);
        Assert.Equal(2, test.Drops(DropReason.SessionLimit));
    }

    [Fact]
    public async Task StreamThatThrowsSomethingElse_EndsItsSessionOnly()
    {
        ScriptedDialer dialer = new();
        await using TestEngine test = new(dialer: _ => dialer);
        TcpPeer peer = test.Host.Begin(Remote);
        IdleStream stream = new() { WriteFailure = new InvalidOperationException("not ours"), EndFailure = new InvalidOperationException("nor that") };
        (await dialer.NextAsync()).Answer.SetResult(stream);
        await peer.EstablishedAsync();
        await peer.SendAsync(new byte[10]);
        await peer.ResetAsync();
        Assert.Equal(SessionCause.UpstreamError, (await test.ClosedAsync(peer.Source)).Cause);
        await SessionsStayApart(test, dialer);
    }

    /// <summary>Opens many sessions over whatever the pool holds: an object in use twice would mix them up.</summary>
    private static async Task SessionsStayApart(TestEngine test, ScriptedDialer dialer)
    {
        dialer.Throws = null;
        TcpPeer[] peers = [.. Enumerable.Range(0, 24).Select(_ => test.Host.Begin(Remote))];
        foreach (TcpPeer _ in peers)
        {
            (await dialer.NextAsync()).Answer.SetResult(new IdleStream());
        }

        await Task.WhenAll(peers.Select(peer => peer.EstablishedAsync()));
        IReadOnlyList<SessionInfo> sessions = await test.Engine.ListSessionsAsync(null, CancellationToken.None);
        Assert.Equal(peers.Select(peer => peer.Source).ToHashSet(), sessions.Select(session => session.Source).ToHashSet());
        Assert.Equal(peers.Length, sessions.Select(session => session.Id).Distinct().Count());
    }

    /// <summary>A scripted dialer that keeps the places where it may note how far it came.</summary>
    private sealed class NotingDialer : IStreamDialer
    {
        public ScriptedDialer Inner { get; } = new();

        public List<DialNote.Place> Places { get; } = [];

        public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default)
        {
            Places.Add(DialNote.Current);
            return Inner.DialAsync(destination, cancellationToken);
        }
    }
}
