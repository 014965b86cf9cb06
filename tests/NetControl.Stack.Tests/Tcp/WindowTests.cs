using NetControl.Stack.Storage;
using NetControl.Stack.Tcp;
using NetControl.Testing.Tcp;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>The window that we offer: never taken back, never silly (RFC 9293 3.8.6, RFC 7323 2.4), bound by memory.</summary>
public sealed class WindowTests
{
    private static readonly TcpParameters Small = new() { InitialReceiveWindow = 8000, MaxBuffer = 8000 };

    [Fact]
    public void FullBuffer_ClosesTheWindow_AndTakingOpensItOnce()
    {
        using TcpScript s = TcpScript.Established(parameters: Small);
        s.DirectLimit = 0;
        s.In("A 1:4001 ack 1").In("A 4001:8001 ack 1");
        Assert.Equal("A 1 ack 4001\nA 1 ack 8001", s.Sent());
        Assert.Equal(0, s.OfferedWindow);
        Assert.Equal("", s.Take(1000).Sent());
        Assert.Equal("", s.Take(1000).Sent());
        Assert.Equal("A 1 ack 8001", s.Take(1000).Sent());
        Assert.Equal(3000, s.OfferedWindow);
        s.Take();
        Assert.Equal(8000, s.OfferedWindow);
    }

    [Fact]
    public void SmallReads_DoNotMakeASillyWindow()
    {
        using TcpScript s = TcpScript.Established(parameters: Small);
        s.DirectLimit = 0;
        s.In("A 1:8001 ack 1").Take(100).Sent();
        s.In("A 8001:8002 ack 1");
        Assert.Equal("A 1 ack 8001", s.Sent());
        Assert.Equal(0, s.OfferedWindow);
    }

    [Fact]
    public void TheRightEdge_NeverMovesLeft_WhateverIsTaken()
    {
        // The script checks the edge after every step.
        using TcpScript s = TcpScript.Established("S 0 win 60000 mss 1000 wscale 0", new TcpParameters { InitialReceiveWindow = 100_000 });
        s.DirectLimit = 0;
        int at = 1;
        for (int i = 0; i < 300; i++)
        {
            int length = 1 + (i * 37 % 1000);
            if (at + length - 1 > 100_000)
            {
                break;
            }

            s.In($"A {at}:{at + length} ack 1");
            at += length;
        }

        s.Take();
        Assert.Equal(at - 1, s.Received.Count);
    }

    [Fact]
    public void ScaledWindow_RoundedUpAgainAndAgain_DoesNotGrowBeyondTheBuffer()
    {
        using TcpScript s = TcpScript.Established("S 0 win 60000 mss 1000 wscale 0", new TcpParameters { InitialReceiveWindow = 65_536 });
        s.DirectLimit = 0;
        int at = 1;
        s.In("A 1:30001 ack 1").In("A 30001:65001 ack 1");
        at = 65_001;
        for (int i = 0; i < 5000; i++, at++)
        {
            s.In($"A {at}:{at + 1} ack 1");
        }

        Assert.InRange(s.Connection.ReceiveBuffer.Length, 65_536, 65_536 + 256);
        Assert.Equal(0, s.OfferedWindow);
    }

    [Fact]
    public void Window_GrowsWithTheTrafficUpToTheBuffer()
    {
        using TcpScript s = TcpScript.Established(parameters: new TcpParameters { InitialReceiveWindow = 64 << 10, MaxBuffer = 512 << 10 });
        int at = 1;
        for (int i = 0; i < 100; i++, at += 20_000)
        {
            s.In($"A {at}:{at + 20_000} ack 1");
        }

        Assert.InRange(s.OfferedWindow, (512 << 10) - 64, 512 << 10);
    }

    [Fact]
    public void Window_OfAnOwnerThatTakesNothing_DoesNotGrow()
    {
        using TcpScript s = TcpScript.Established();
        s.DirectLimit = 0;
        int at = 1;
        for (int i = 0; i < 50 && s.Connection.Snapshot().ReceiveWindow > 0; i++, at += 20_000)
        {
            s.In($"A {at}:{at + 20_000} ack 1");
        }

        Assert.InRange(s.Connection.ReceiveBuffer.Length, 256 << 10, (256 << 10) + 256);
    }

    [Fact]
    public void OverBudget_TheWindowCloses_AndOpensWhenMemoryIsFree()
    {
        ChunkPool pool = new(4 * ChunkPool.ChunkSize);
        using TcpScript s = TcpScript.Established(pool: pool);
        s.DirectLimit = 0;
        int at = 1;
        for (int i = 0; i < 100; i++)
        {
            s.In($"A {at}:{at + 1000} ack 1");
            at = (int)(s.Connection.ReceiveNext - s.PeerIsn);
        }

        Assert.InRange(pool.BytesInUse, 4 * ChunkPool.ChunkSize, 5 * ChunkPool.ChunkSize);
        int before = at;
        s.Take().Sent();
        Assert.Equal(before - 1, s.Received.Count);

        // What was not acknowledged comes again, and now there is room.
        s.In($"A {at}:{at + 1000} ack 1").Take();
        Assert.Equal(before + 999, s.Received.Count);
        Assert.True(s.Connection.Snapshot().ReceiveWindow > 100_000);
    }

    [Fact]
    public void OverBudget_ByOthers_AConnectionStillMakesProgress()
    {
        ChunkPool pool = new(ChunkPool.ChunkSize);
        byte[] others = pool.Rent();
        TcpScript s = TcpScript.Established(pool: pool);
        s.DirectLimit = 0;
        s.In("A 1001:2001 ack 1").In("A 1:1001 ack 1").Take();
        Assert.Equal(1000, s.Received.Count);
        s.In("A 1001:2001 ack 1").Take();
        Assert.Equal(2000, s.Received.Count);
        s.DirectLimit = int.MaxValue;
        s.In("A 2001:9001 ack 1");
        Assert.Equal(9000, s.Received.Count);
        pool.Return(others);
        s.Dispose();
    }

    [Fact]
    public void OverBudget_TheWindowStaysOpenByAChunk()
    {
        // Two ends whose memory is full of bytes for each other would close both windows and wait for ever.
        ChunkPool pool = new(ChunkPool.ChunkSize);
        using TcpScript s = TcpScript.Established("S 0 win 60000 mss 1000 wscale 0", pool: pool);
        s.Write(30_000).DirectLimit = 0;
        int at = 1;
        for (int i = 0; i < 400; i++)
        {
            s.In($"A {at}:{at + 1000} ack 1").Take();
            at = (int)(s.Connection.ReceiveNext - s.PeerIsn);
        }

        Assert.Equal(400_000, s.Received.Count);
        Assert.True(s.OfferedWindow >= 1000);
    }

    [Fact]
    public void OverBudget_ByOnesOwnHoles_TheHoleIsStillFilled()
    {
        ChunkPool pool = new(4 * ChunkPool.ChunkSize);
        using TcpScript s = TcpScript.Established(pool: pool);
        s.DirectLimit = 0;
        int at = 1001;
        while (!pool.IsOverBudget)
        {
            s.In($"A {at}:{at + 1000} ack 1");
            at += 1000;
        }

        s.In("A 1:1001 ack 1").Take();
        Assert.True(s.Received.Count >= 40_000);
    }

    [Fact]
    public void ClosedWindow_AProbeIsAnsweredAndItsAcknowledgementCounts()
    {
        using TcpScript s = TcpScript.Established(parameters: Small);
        s.DirectLimit = 0;
        s.In("A 1:8001 ack 1").Write(10).Sent();
        s.In("A 8001:8002 ack 11");
        Assert.Equal("A 11 ack 8001", s.Sent());
        Assert.True(s.Connection.AllAcknowledged);
    }

    [Fact]
    public void ClosedWindow_AFinIsTaken()
    {
        using TcpScript s = TcpScript.Established(parameters: Small);
        s.DirectLimit = 0;
        s.In("A 1:8001 ack 1").In("FA 8001 ack 1").Advance(25);
        Assert.Equal(TcpState.CloseWait, s.State);
        s.Take();
        Assert.Equal(8000, s.Received.Count);
    }
}
