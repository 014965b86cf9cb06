using NetControl.Stack.Storage;
using NetControl.Stack.Tcp;
using NetControl.Testing.Tcp;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>What is sent, in which pieces: segmentation, the peer's window, silly windows, the congestion window (RFC 9293 3.8.6.2, RFC 5681).</summary>
public sealed class SendingTests
{
    [Fact]
    public void Data_IsCutIntoSegments_TheLastOnePushed()
    {
        using TcpScript s = TcpScript.Established();
        Assert.Equal("A 1:1001 ack 1\nA 1001:2001 ack 1\nPA 2001:2501 ack 1", s.Write(2500).Sent());
    }

    [Fact]
    public void Data_GoesInSuperSegments_OfWholeSegments()
    {
        using TcpScript s = TcpScript.Established(parameters: new TcpParameters { MaxSuperSegment = 4500 });
        s.Write(9_700);
        Assert.Equal("A 1:4001 ack 1 gso 1000\nA 4001:8001 ack 1 gso 1000\nPA 8001:9701 ack 1 gso 1000", s.Sent());
    }

    [Fact]
    public void SuperSegment_CutByAWindow_EndsAtAWholeSegment()
    {
        using TcpScript s = TcpScript.Established(parameters: new TcpParameters { MaxSuperSegment = 65_000 });
        s.PeerWindow = 5500;
        s.In("A 1 ack 1").Write(9000);
        Assert.Equal("A 1:5001 ack 1 gso 1000", s.Sent());
    }

    [Fact]
    public void SegmentSize_LeavesRoomForSackBlocks()
    {
        using TcpScript s = TcpScript.Established();
        s.In("A 101:201 ack 1").Sent();
        s.Write(2000);
        Assert.Equal("A 1:989 ack 1 sack 101:201\nA 989:1977 ack 1 sack 101:201\nPA 1977:2001 ack 1 sack 101:201", s.Sent());
    }

    [Fact]
    public void InitialWindow_IsTenSegments()
    {
        using TcpScript s = TcpScript.Established();
        s.Write(20_000);
        Assert.Equal(10, s.Sent().Split('\n').Length);
        Assert.Equal("A 10001:11001 ack 1\nA 11001:12001 ack 1", s.In("A 1 ack 1001").Sent());
    }

    [Fact]
    public void SlowStart_DoublesPerRoundTrip_ThenGrowsByOneSegment()
    {
        using TcpScript s = TcpScript.Established();
        s.Write(60_000);
        s.In("A 1 ack 10001");
        Assert.Equal(20_000, s.Congestion.Window);
        s.Advance(1000).In("A 1 ack 60001"); // a timeout on the way
        s.Sent();
        Assert.True(s.Congestion.SlowStartThreshold < 60_000);
    }

    [Fact]
    public void AcknowledgementsReadTogether_EachLetTheWindowGrow()
    {
        // The second finds less in flight than the first, and a larger window; the sender had filled it all the same.
        using TcpScript s = TcpScript.Established();
        s.Write(40_000);
        s.InBatch("A 1 ack 2001", "A 1 ack 4001", "A 1 ack 6001", "A 1 ack 8001", "A 1 ack 10001");
        Assert.Equal(20_000, s.Congestion.Window);
        s.InBatch("A 1 ack 14001", "A 1 ack 18001", "A 1 ack 22001", "A 1 ack 26001", "A 1 ack 30001");
        Assert.Equal(40_000, s.Congestion.Window);
    }

    [Fact]
    public void SenderThatFillsHalfTheWindow_DoesNotGrowIt()
    {
        using TcpScript s = TcpScript.Established();
        for (int i = 1; i < 10; i++)
        {
            s.Write(6000).In($"A 1 ack {(i * 6000) + 1}");
        }

        Assert.Equal(10_000, s.Congestion.Window);
    }

    [Fact]
    public void WindowLimitedSender_DoesNotGrowItsCongestionWindow()
    {
        using TcpScript s = TcpScript.Established();
        for (int i = 0; i < 50; i++)
        {
            s.Write(100).In($"A 1 ack {(i * 100) + 101}");
        }

        Assert.Equal(10_000, s.Congestion.Window);
    }

    [Fact]
    public void SillyWindow_WaitsForAFullSegmentOrHalfTheLargestWindow()
    {
        using TcpScript s = TcpScript.Established();
        s.PeerWindow = 2500;
        s.In("A 1 ack 1").Write(5000);
        Assert.Equal("A 1:1001 ack 1\nA 1001:2001 ack 1", s.Sent());
        s.PeerWindow = 500;
        Assert.Equal("", s.In("A 1 ack 2001").Sent());
        s.PeerWindow = 1000;
        Assert.Equal("A 2001:3001 ack 1", s.In("A 1 ack 2001").Sent());
    }

    [Fact]
    public void SillyWindow_ThatStays_IsUsedAfterAShortWait()
    {
        // RFC 9293 3.8.6.2.1: the override timeout, 0.1 to 1 s; a probe of one byte a minute would be a stall.
        using TcpScript s = TcpScript.Established();
        s.PeerWindow = 500;
        s.Write(5000).In("A 1 ack 5001").Sent();
        s.Write(2000);
        Assert.Equal("", s.Advance(99).Sent());
        Assert.Equal("A 5001:5501 ack 1", s.Advance(101).Sent());
        Assert.Equal("A 5501:6001 ack 1", s.In("A 1 ack 5501").Advance(200).Sent());
        s.In("A 1 ack 6001").Advance(200).In("A 1 ack 6501").Advance(200).In("A 1 ack 7001");
        Assert.True(s.Connection.AllAcknowledged);
    }

    [Fact]
    public void SmallWindowPeer_WhoNeverOfferedMore_GetsHalfOfIt()
    {
        using TcpScript s = TcpScript.SynReceived("S 0 win 400 mss 1000");
        s.PeerWindow = 400;
        s.In("A 1 ack 1").Write(1000);
        Assert.Equal("A 1:401 ack 1", s.Sent());
    }

    [Fact]
    public void SmallPieces_AreNotHeldBack()
    {
        using TcpScript s = TcpScript.Established();
        s.Write(1).Write(1).Write(1);
        Assert.Equal("PA 1:2 ack 1\nPA 2:3 ack 1\nPA 3:4 ack 1", s.Sent());
    }

    [Fact]
    public void Close_RidesOnTheLastData()
    {
        using TcpScript s = TcpScript.Established();
        s.PeerWindow = 1000;
        s.In("A 1 ack 1").Write(1500).Close();
        Assert.Equal("A 1:1001 ack 1", s.Sent());
        Assert.Equal("FPA 1001:1501 ack 1", s.In("A 1 ack 1001").Sent());
        Assert.Equal(TcpState.FinWait1, s.State);
    }

    [Fact]
    public void Fin_BeyondAFullWindow_Waits()
    {
        using TcpScript s = TcpScript.Established();
        s.PeerWindow = 1000;
        s.In("A 1 ack 1").Write(1000).Close();
        Assert.Equal("PA 1:1001 ack 1", s.Sent());
        Assert.Equal("FA 1001 ack 1", s.In("A 1 ack 1001").Sent());
    }

    [Fact]
    public void SendRoom_OfAClientThatHasStopped_IsLittle()
    {
        using TcpScript s = TcpScript.Established();
        Assert.True(s.Connection.SendRoom >= 20_000);
        s.In("A 1 ack 1 win 0");
        Assert.InRange(s.Connection.SendRoom, 1, ChunkPool.ChunkSize);
        s.Write(s.Connection.SendRoom);
        Assert.Equal(0, s.Connection.SendRoom);
    }

    [Fact]
    public void SendRoom_OverBudget_IsLittle()
    {
        ChunkPool pool = new(ChunkPool.ChunkSize);
        using TcpScript s = TcpScript.Established(pool: pool);
        s.Write(100);
        Assert.Equal(ChunkPool.ChunkSize - 100, s.Connection.SendRoom);
    }

    [Fact]
    public void SendRoom_AfterClose_IsNothing()
    {
        using TcpScript s = TcpScript.Established();
        s.Close();
        Assert.Equal(0, s.Connection.SendRoom);
        Assert.False(s.Connection.CanSend);
    }

    [Fact]
    public void LongIdleTime_FallsBackToTheInitialWindow()
    {
        using TcpScript s = TcpScript.Established();
        s.Write(10_000).In("A 1 ack 10001").Write(20_000).In("A 1 ack 30001");
        Assert.Equal(40_000, s.Congestion.Window);
        s.Advance(5000).Write(1);
        Assert.Equal(10_000, s.Congestion.Window);
    }

    [Fact]
    public void FourGibibytes_PassTheInitialNumberAgain()
    {
        // An acknowledgement that lands exactly on ISS after the wrap must not be taken for that of the SYN.
        using TcpScript s = TcpScript.Established(
            "S 0 win 65535 mss 60000 wscale 4", new TcpParameters { MssV4 = 60_000 }, ourIsn: 1000);
        s.PeerWindow = 900_000;
        s.In("A 1 ack 1");
        long sent = 0;
        byte[] piece = new byte[65_536];
        while (sent < (1L << 32) - 1)
        {
            int count = (int)Math.Min(piece.Length, (1L << 32) - 1 - sent);
            Pattern.Fill(piece, sent);
            s.Connection.SendBuffer.Append(piece.AsSpan(0, count));
            sent += count;
            s.Flush().In($"A 1 ack {(sent + 1) & 0xFFFF_FFFF}").Sent();
        }

        Assert.Equal(0, s.Connection.SendBuffer.Length);
        byte[] more = new byte[100];
        Pattern.Fill(more, sent);
        s.Connection.SendBuffer.Append(more);
        Assert.Equal("PA 0:100 ack 1", s.Flush().Sent());
        s.In("A 1 ack 100");
        Assert.True(s.Connection.AllAcknowledged);
    }
}
