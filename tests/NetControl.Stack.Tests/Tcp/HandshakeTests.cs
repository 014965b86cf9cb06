using NetControl.Stack.Tcp;
using NetControl.Testing.Tcp;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>Opening: RFC 9293 sections 3.5 and 3.10.7.3, with the options of RFC 6691, 7323 and 2018.</summary>
public sealed class HandshakeTests
{
    [Theory]
    [InlineData("S 0 win 60000", "SA 0 ack 1 mss 1460")]
    [InlineData("S 0 win 60000 mss 1000", "SA 0 ack 1 mss 1460")]
    [InlineData("S 0 win 60000 mss 1000 sackok", "SA 0 ack 1 mss 1460 sackok")]
    [InlineData("S 0 win 60000 mss 1000 wscale 3", "SA 0 ack 1 mss 1460 wscale 7")]
    [InlineData("S 0 win 60000 mss 1000 wscale 0", "SA 0 ack 1 mss 1460 wscale 7")]
    [InlineData("S 0 win 60000 ts 77 0", "SA 0 ack 1 mss 1460 ts 1000 77")]
    [InlineData("S 0 win 60000 mss 1000 wscale 3 sackok ts 77 0", "SA 0 ack 1 mss 1460 wscale 7 sackok ts 1000 77")]
    public void Syn_WithOptions_IsAnsweredWithThoseThatBothOffer(string syn, string answer)
    {
        using TcpScript s = TcpScript.SynHeld(syn);
        Assert.Equal(answer, s.Answer().Sent());
        Assert.Equal(65_535, s.OfferedWindow);
    }

    [Fact]
    public void Syn_UntilItIsAnswered_IsHeldInSilence()
    {
        using TcpScript s = TcpScript.SynHeld();
        s.Advance(10_000).In(TcpScript.PlainSyn).Advance(1000).In(TcpScript.PlainSyn);
        Assert.Equal("", s.Sent());
        Assert.Null(s.NextDeadlineMillis);
        Assert.Equal("SA 0 ack 1 mss 1460 wscale 7 sackok", s.Answer().Sent());
    }

    [Fact]
    public void Syn_RetransmittedWhileHeld_GivesItsTimestampToTheAnswer()
    {
        using TcpScript s = TcpScript.SynHeld("S 0 win 60000 mss 1000 ts 77 0");
        s.Advance(1000).In("S 0 win 60000 mss 1000 ts 1077 0").Advance(200);
        Assert.Equal("SA 0 ack 1 mss 1460 ts 2200 1077", s.Answer().Sent());
    }

    [Fact]
    public void SynReceived_SynAgain_IsAnsweredAgain()
    {
        using TcpScript s = TcpScript.SynReceived();
        Assert.Equal("SA 0 ack 1 mss 1460 wscale 7 sackok", s.In(TcpScript.PlainSyn).Sent());
    }

    [Fact]
    public void SynReceived_Acknowledged_IsEstablished()
    {
        using TcpScript s = TcpScript.SynReceived().Advance(3);
        s.In("A 1 ack 1");
        Assert.Equal(TcpState.Established, s.State);
        Assert.Equal(TcpEvents.Established, s.Events());
        Assert.Equal(3000, s.Connection.Snapshot().SmoothedRttMicros);
        Assert.Equal(0, s.Connection.Snapshot().BytesInFlight);
        Assert.Equal("", s.Sent());
    }

    [Fact]
    public void SynReceived_AcknowledgementWithDataAndFin_TakesAllThree()
    {
        using TcpScript s = TcpScript.SynReceived();
        s.In("FPA 1:101 ack 1").Advance(25);
        Assert.Equal(TcpEvents.Established | TcpEvents.PeerClosed, s.Events() & ~TcpEvents.Readable);
        Assert.Equal(TcpState.CloseWait, s.State);
        Assert.Equal("A 1 ack 102", s.Sent());
        Assert.Equal(100, s.Received.Count);
    }

    [Fact]
    public void SynReceived_Unanswered_RetransmitsWithBackOffAndGivesUp()
    {
        using TcpScript s = TcpScript.SynReceived();
        const string SynAck = "SA 0 ack 1 mss 1460 wscale 7 sackok";
        foreach (int millis in (int[])[1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
        {
            s.Advance(millis - 1);
            Assert.Equal("", s.Sent());
            s.Advance(1);
            Assert.Equal(SynAck, s.Sent());
        }

        s.Advance(60_000);
        Assert.Equal(TcpEvents.TimedOut, s.Events());
        Assert.Equal(TcpState.Closed, s.State);
        Assert.Null(s.NextDeadlineMillis);
    }

    [Fact]
    public void SynReceived_WrongAcknowledgement_IsResetAndTheConnectionStays()
    {
        using TcpScript s = TcpScript.SynReceived();
        Assert.Equal("R 77", s.In("A 1 ack 77").Sent());
        Assert.Equal(TcpState.SynReceived, s.State);
    }

    [Fact]
    public void SynReceived_SynOutsideTheWindow_IsAcknowledged()
    {
        using TcpScript s = TcpScript.SynReceived();
        Assert.Equal("A 1 ack 1", s.In("S 4000000000 win 1000 mss 1000").Sent());
        Assert.Equal(TcpState.SynReceived, s.State);
    }

    [Fact]
    public void SynReceived_AnotherSynInTheWindow_ReturnsToListenInSilence()
    {
        using TcpScript s = TcpScript.SynReceived();
        Assert.Equal("", s.In("S 500 win 1000 mss 1000").Sent());
        Assert.Equal(TcpState.Closed, s.State);
        Assert.Equal(TcpEvents.Reset, s.Events());
    }

    [Fact]
    public void SynHeld_AnotherSyn_ReturnsToListenInSilence()
    {
        using TcpScript s = TcpScript.SynHeld();
        Assert.Equal("", s.In("S 4000000000 win 1000 mss 1000").Sent());
        Assert.Equal(TcpState.Closed, s.State);
        Assert.Equal(TcpEvents.Reset, s.Events());
    }

    [Fact]
    public void SynHeld_WithText_IsRefusedBehindIt()
    {
        using TcpScript s = new();
        s.In("SF 0:10 win 1000 mss 1000");
        s.Abort();
        Assert.Equal(s.PeerIsn + 12, s.Last.Ack);
        Assert.Equal(TcpFlags.Rst | TcpFlags.Ack, s.Last.Flags);
    }

    [Fact]
    public void SynHeld_AnySegmentButAResetOrASyn_ChangesNothing()
    {
        using TcpScript s = TcpScript.SynHeld();
        s.In("A 1 ack 1").In("PA 1:101 ack 1").In("FA 1 ack 1").In("SA 0 ack 1").In("- 1");
        Assert.Equal("", s.Sent());
        Assert.Equal(TcpState.SynReceived, s.State);
        Assert.Equal(TcpEvents.None, s.Events());
        Assert.Equal("SA 0 ack 1 mss 1460 wscale 7 sackok", s.Answer().Sent());
    }

    [Fact]
    public void SynHeld_Reset_Closes()
    {
        using TcpScript s = TcpScript.SynHeld();
        s.In("RA 1 ack 0");
        Assert.Equal(TcpState.Closed, s.State);
        Assert.Equal(TcpEvents.Reset, s.Events());
    }

    [Fact]
    public void SynHeld_Aborted_IsRefusedLikeAClosedPort()
    {
        using TcpScript s = TcpScript.SynHeld();
        s.Abort();
        Assert.Equal(0u, s.Last.Seq.Value);
        Assert.Equal(s.PeerIsn + 1, s.Last.Ack);
        Assert.Equal(TcpFlags.Rst | TcpFlags.Ack, s.Last.Flags);
        Assert.Equal(TcpState.Closed, s.State);
    }

    [Theory]
    [InlineData("S 0 win 60000", 536)]
    [InlineData("S 0 win 60000 mss 0", 536)]
    [InlineData("S 0 win 60000 mss 9000", 1460)]
    [InlineData("S 0 win 60000 mss 9000 ts 1 0", 1448)]
    [InlineData("S 0 win 60000 mss 536", 536)]
    [InlineData("S 0 win 60000 mss 1", 16)]
    [InlineData("S 0 win 60000 mss 48 ts 1 0", 36)]
    public void Mss_IsTheSmallerOfBothLessTheTimestamps(string syn, int expected)
    {
        using TcpScript s = TcpScript.SynReceived(syn);
        Assert.Equal(expected, s.Connection.Snapshot().SendMss);
    }

    [Fact]
    public void TinyMss_WithAFullLoadOfSackBlocks_StillSendsData()
    {
        using TcpScript s = TcpScript.Established("S 0 win 60000 mss 30 sackok");
        s.In("A 101:110 ack 1").In("A 201:210 ack 1").In("A 301:310 ack 1").In("A 401:410 ack 1");
        s.InBatch("A 501:510 ack 1").Sent();
        s.Write(100);
        Assert.True(s.Last.PayloadLength > 0);
        Assert.InRange(s.Last.SegmentSize, 1, 30);
    }

    [Fact]
    public void WindowScale_OfferedByThePeerAlone_IsNotUsed()
    {
        // A connection that never offers more than 65535 bytes announces no scale, and then the peer's counts for nothing (RFC 7323 2.2).
        using TcpScript s = TcpScript.SynReceived(
            "S 0 win 60000 mss 1000 wscale 4", new TcpParameters { MaxBuffer = 60_000, InitialReceiveWindow = 60_000 });
        Assert.Equal("SA 0 ack 1 mss 1460", s.In("S 0 win 60000 mss 1000 wscale 4").Sent());
        s.PeerWindow = 16_000; // the script scales it down to 1000
        s.In("A 1 ack 1");
        Assert.Equal(1000, s.Connection.Snapshot().SendWindow);
    }

    [Fact]
    public void WindowScale_BothWays_ScalesEverySegmentButTheSyn()
    {
        using TcpScript s = TcpScript.SynReceived("S 0 win 60000 mss 1000 wscale 4");
        Assert.Equal(60_000, s.Connection.Snapshot().SendWindow);
        s.PeerWindow = 160_000;
        s.In("A 1 ack 1").In("PA 1:101 ack 1").Advance(25);
        Assert.Equal(160_000, s.Connection.Snapshot().SendWindow);
        Assert.Equal(256 << 10, s.OfferedWindow);
    }

    [Fact]
    public void WindowScale_NotOfferedByThePeer_IsNotUsed()
    {
        using TcpScript s = TcpScript.Established("S 0 win 60000 mss 1000");
        s.In("PA 1:101 ack 1").Advance(25);
        Assert.Equal(65_535, s.OfferedWindow);
    }

    [Fact]
    public void SynSent_Answered_IsEstablishedAndAcknowledges()
    {
        using TcpScript s = new();
        s.Connection.Connect(s.OurIsn, 0, isV4: true, s.Now);
        Assert.Equal("S 0 mss 1460 wscale 7 sackok ts 1000 0", s.Flush().Sent());
        s.Advance(5).In("SA 0 ack 1 win 60000 mss 1000 wscale 2 sackok ts 9 1000");
        Assert.Equal("A 1 ack 1 ts 1005 9", s.Sent());
        Assert.Equal(TcpEvents.Established, s.Events());
        Assert.Equal(5000, s.Connection.Snapshot().SmoothedRttMicros);

        // The sample was the SYN's; the first data must not be measured from it.
        s.Advance(10_000).Write(10).Advance(1).In("A 1 ack 11 ts 10 1");
        Assert.InRange(s.Connection.Snapshot().SmoothedRttMicros, 1000, 5000);
    }

    [Fact]
    public void SynSent_NoAnswer_RetransmitsAndGivesUp()
    {
        using TcpScript s = TcpScript.SynSent();
        Assert.Equal("S 0 mss 1460 wscale 7 sackok ts 2000 0", s.Advance(1000).Sent());
        s.Advance(300_000);
        Assert.Equal(TcpEvents.TimedOut, s.Events());
        Assert.Equal(TcpState.Closed, s.State);
    }

    [Fact]
    public void SynSent_WrongAcknowledgement_IsReset()
    {
        using TcpScript s = TcpScript.SynSent();
        Assert.Equal("R 77", s.In("SA 0 ack 77 win 1000").Sent());
        Assert.Equal("", s.In("RA 0 ack 77").Sent());
        Assert.Equal(TcpState.SynSent, s.State);
    }

    [Fact]
    public void SynSent_Refused_Closes()
    {
        using TcpScript s = TcpScript.SynSent();
        s.In("RA 0 ack 1");
        Assert.Equal(TcpEvents.Reset, s.Events());
        Assert.Equal("", s.Sent());
    }

    [Fact]
    public void SynSent_DataWithTheAnswer_IsTakenAndItsWindowIsNotScaled()
    {
        using TcpScript s = TcpScript.SynSent();
        s.In("SA 0:0 ack 1 win 16384 mss 1000 wscale 7").Write(1);
        Assert.Equal(16_384, s.Connection.Snapshot().SendWindow);
        using TcpScript t = TcpScript.SynSent();
        t.CheckContent = false;
        t.In("SA 0:50 ack 1 win 16384 mss 1000 wscale 7");
        Assert.Equal("A 1 ack 51", t.Sent());
        Assert.Equal(50, t.Received.Count);
        Assert.Equal(16_384, t.Connection.Snapshot().SendWindow);
    }

    [Fact]
    public void SimultaneousOpen_EndsEstablishedOnBothSides()
    {
        using TcpScript s = TcpScript.SynSent();
        Assert.Equal("SA 0 ack 1 mss 1460 wscale 7 sackok", s.In(TcpScript.PlainSyn).Sent());
        Assert.Equal(TcpState.SynReceived, s.State);
        s.In("SA 0 ack 1 win 60000 mss 1000 wscale 0 sackok");
        Assert.Equal(TcpState.Established, s.State);
        Assert.Equal(TcpEvents.Established, s.Events());
        s.Sent();
        Assert.Equal("PA 1:11 ack 1", s.Write(10).Sent());
        Assert.Equal("", s.In("A 1 ack 11").Sent());
    }

    [Fact]
    public void BytesAndCloseBeforeTheHandshakeEnds_GoOutAfterIt()
    {
        using TcpScript s = TcpScript.SynReceived();
        s.Write(100).Close();
        Assert.Equal("", s.Sent());
        Assert.Equal("FPA 1:101 ack 1", s.In("A 1 ack 1").Sent());
        Assert.Equal(TcpState.FinWait1, s.State);
    }
}
