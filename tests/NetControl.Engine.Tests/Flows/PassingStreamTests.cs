using System.Net.Sockets;
using NetControl.Engine.Sessions;
using NetControl.Testing;
using NetControl.Testing.Proxies;
using NetControl.Transport.Split;
using NetControl.Transport.TlsFrag;

namespace NetControl.Engine.Tests.Flows;

/// <summary>Streams whose layers are done in mid-session: the session goes over to the fast lane, and no byte is lost, doubled or out of order.</summary>
public sealed class PassingStreamTests
{
    private const int Size = 300_000;

    /// <summary>Cut points around every boundary there is (a byte, a segment, both relay buffers, several of them), then at random.</summary>
    public static TheoryData<int, bool> Cuts()
    {
        TheoryData<int, bool> cuts = [];
        Random random = new(20_26);
        int[] fixedCuts = [1, 2, 536, 1459, 1460, 1461, 0x3EFF, 0x3F00, 0x3F01, 4 * 0x3F00, (4 * 0x3F00) + 1, Size - 1, Size];
        foreach (int cut in fixedCuts.Concat(Enumerable.Range(0, 19).Select(_ => random.Next(1, Size))))
        {
            cuts.Add(cut, (cut & 1) == 0);
        }

        return cuts;
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task BothWaysAtOnce_AcrossTheCut_ArriveAsTheyWereSent(int cut, bool upstreamIsBusy)
    {
        using Upstream upstream = new();
        await using TestEngine test = new(dialer: engine => Split(engine, new StreamSplit(1, cut)));
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        far.ReceiveBufferSize = 16 << 10; // so that writes of the layered stream are cut short by a full socket, too
        Random random = new(cut);
        byte[] up = TcpFlowTests.Noise(Size);
        byte[] down = TcpFlowTests.Noise(Size + 1);

        // Before the cut the upstream either says nothing, so that a read is waiting, or never stops, so that one may be under way.
        Task speaking = upstreamIsBusy ? InPiecesAsync(down, random.Next(), piece => far.SendAsync(piece)) : Task.CompletedTask;
        Task sending = InPiecesAsync(up, random.Next(), piece => peer.SendAsync(piece));
        Task<byte[]> reading = upstreamIsBusy ? peer.ReceiveExactlyAsync(down.Length) : Task.FromResult(down);
        TcpFlowTests.AssertSame(up, await TcpFlowTests.ReceiveAsync(far, up.Length));
        TcpFlowTests.AssertSame(down, await reading);
        await sending;
        await speaking;
        Assert.Equal(1, await FreeRelays(test)); // it lives, without a relay

        byte[] late = TcpFlowTests.Noise(100_001);
        Task answering = far.SendAsync(late);
        TcpFlowTests.AssertSame(late, await peer.ReceiveExactlyAsync(late.Length));
        await answering;
        peer.Close();
        Assert.Equal(0, await far.ReceiveAsync(new byte[1]).WaitAsync(PeerHost.Patience));
        far.Shutdown(SocketShutdown.Send);
        Assert.Empty(await peer.ReceiveToEndAsync());
        SessionInfo closed = await test.ClosedAsync(peer.Source);
        Assert.Equal(
            (SessionCause.Completed, (long)Size, (upstreamIsBusy ? down.Length : 0L) + late.Length), (closed.Cause, closed.BytesSent, closed.BytesReceived));
    }

    [Fact]
    public async Task Layers_AreDoneOneAfterTheOther_AndTheSessionGoesOverWithTheLast()
    {
        using EchoServer echo = new();
        await using TestEngine test = new(dialer: engine => new SplitStreamDialer(new TlsFragStreamDialer(Split(engine, new StreamSplit(2, 50)), 5), new StreamSplit(3, 7)));
        TcpPeer peer = await test.Host.ConnectAsync(LoopbackDialer.Outside(echo.EndPoint));
        await EchoAsync(peer, new byte[90]); // no handshake record: the middle one is done, the inner one has ten bytes to go
        Assert.Equal(0, await FreeRelays(test));
        await EchoAsync(peer, new byte[10]);
        Assert.Equal(1, await FreeRelays(test));
        await EchoAsync(peer, TcpFlowTests.Noise(100_000));
        peer.Close();
        Assert.Empty(await peer.ReceiveToEndAsync());
        Assert.Equal(SessionCause.Completed, (await test.ClosedAsync(peer.Source)).Cause);
    }

    [Fact]
    public async Task Stream_ThatEndsBeforeItsCut_EndsInTheSlowLane()
    {
        using EchoServer echo = new();
        await using TestEngine test = new(dialer: engine => Split(engine, new StreamSplit(1, 1000)));
        TcpPeer peer = await test.Host.ConnectAsync(LoopbackDialer.Outside(echo.EndPoint));
        await EchoAsync(peer, new byte[999]);
        Assert.Equal(0, await FreeRelays(test));
        peer.Close();
        Assert.Empty(await peer.ReceiveToEndAsync());
        Assert.Equal(SessionCause.Completed, (await test.ClosedAsync(peer.Source)).Cause);
        Assert.Equal(1, await FreeRelays(test));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reset_AfterTheSessionWentOver_ReachesTheOtherSide(bool byTheUpstream)
    {
        using Upstream upstream = new();
        await using TestEngine test = new(dialer: engine => Split(engine, new StreamSplit(1, 3)));
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        await peer.SendAsync(new byte[3]);
        await TcpFlowTests.ReceiveAsync(far, 3);
        if (byTheUpstream)
        {
            far.LingerState = new LingerOption(true, 0);
            far.Dispose();
            await peer.ResetAsync();
        }
        else
        {
            peer.Reset();
            await Assert.ThrowsAsync<SocketException>(() => far.ReceiveAsync(new byte[1]).WaitAsync(PeerHost.Patience));
        }

        Assert.Equal(byTheUpstream ? SessionCause.UpstreamReset : SessionCause.ClientReset, (await test.ClosedAsync(peer.Source)).Cause);
        Assert.Equal(1, await FreeRelays(test));
    }

    private static SplitStreamDialer Split(PacketEngine engine, StreamSplit split) => new(new LoopbackDialer(engine.StreamDialer), split);

    private static Task<int> FreeRelays(TestEngine test) => test.Queue.Context.Loop.InvokeAsync(() => test.Queue.Context.FreeRelays);

    private static async Task EchoAsync(TcpPeer peer, byte[] bytes)
    {
        Task sending = peer.SendAsync(bytes);
        TcpFlowTests.AssertSame(bytes, await peer.ReceiveExactlyAsync(bytes.Length));
        await sending;
    }

    private static async Task InPiecesAsync(byte[] bytes, int seed, Func<byte[], Task> send)
    {
        Random random = new(seed);
        for (int at = 0; at < bytes.Length;)
        {
            int length = Math.Min(bytes.Length - at, random.Next(4) == 0 ? random.Next(1, 40_000) : random.Next(1, 3000));
            await send(bytes[at..(at + length)]);
            at += length;
        }
    }
}
