using NetControl.Stack.Tcp;
using NetControl.Testing.Tcp;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>Loss: timeouts (RFC 6298), fast retransmit and recovery (RFC 5681, 6582, 6675).</summary>
public sealed class RetransmissionTests
{
    private static TcpScript Warm(string syn = TcpScript.PlainSyn, TcpParameters? parameters = null)
    {
        // A round trip of 10 ms is known: the timeout is at its floor of 200 ms.
        TcpScript s = TcpScript.SynReceived(syn, parameters).Advance(10).In("A 1 ack 1");
        return s.Settled(TcpState.Established);
    }

    [Fact]
    public void Timeout_SendsTheFirstSegmentAgain_WithBackOff()
    {
        using TcpScript s = Warm(TcpScript.NoSackSyn);
        s.Write(3000).Sent();
        Assert.Equal("", s.Advance(199).Sent());
        Assert.Equal("A 1:1001 ack 1", s.Advance(1).Sent());
        Assert.Equal(1000, s.Congestion.Window);
        Assert.Equal(2000, s.Congestion.SlowStartThreshold);
        Assert.Equal("A 1:1001 ack 1", s.Advance(400).Sent());
        Assert.Equal(2000, s.Congestion.SlowStartThreshold);
        Assert.Equal("A 1001:2001 ack 1\nPA 2001:3001 ack 1", s.In("A 1 ack 1001").Sent());
        Assert.Equal(4, s.Connection.Retransmits);
    }

    [Fact]
    public void Timeout_ThePeerNeverAnswers_GivesUp()
    {
        using TcpScript s = Warm();
        s.Write(3000).Advance(119_000);
        Assert.Equal(TcpState.Established, s.State);
        s.Advance(100_000);
        Assert.Equal(TcpEvents.TimedOut, s.Events());
        Assert.Equal(0, s.Pool.BytesInUse);
        Assert.Null(s.NextDeadlineMillis);
    }

    [Fact]
    public void GiveUpClock_DoesNotCountIdleTime()
    {
        using TcpScript s = Warm().Advance(5_000_000);
        s.Write(10).Advance(1000);
        Assert.Equal(TcpState.Established, s.State);
    }

    [Fact]
    public void RetransmittedSegment_IsNotMeasured_AndKeepsTheBackOff()
    {
        using TcpScript s = Warm(TcpScript.NoSackSyn);
        s.Write(1000).Advance(200).Advance(400).Sent();
        s.Advance(300).In("A 1 ack 1001");
        Assert.Equal(10_000, s.Connection.Snapshot().SmoothedRttMicros);

        // Karn: the doubled timeout holds until a segment that was sent once is measured (RFC 6298 section 5).
        Assert.Equal(800_000, s.Connection.Snapshot().RtoMicros);
        s.Write(10).Advance(10).In("A 1 ack 1011");
        Assert.Equal(200_000, s.Connection.Snapshot().RtoMicros);
    }

    [Fact]
    public void RetransmittedSegment_WithTimestamps_IsMeasured()
    {
        using TcpScript s = TcpScript.Established("S 0 win 60000 mss 1000 ts 7 0");
        s.Write(988).Advance(200).Advance(400).Sent();
        Assert.Equal(800_000, s.Connection.Snapshot().RtoMicros);
        s.Advance(10).In("A 1 ack 989 ts 8 1600");
        Assert.Equal(200_000, s.Connection.Snapshot().RtoMicros);
    }

    [Fact]
    public void TimeoutOfTheLastSegment_AfterTheRestIsAcknowledged_StartsAnew()
    {
        using TcpScript s = Warm(TcpScript.NoSackSyn);
        s.Write(2000).Sent();
        s.Advance(150).In("A 1 ack 1001");
        Assert.Equal("", s.Advance(199).Sent());
        Assert.Equal("PA 1001:2001 ack 1", s.Advance(101).Advance(100).Advance(100).Sent());
    }

    [Fact]
    public void ThreeDuplicates_WithoutSack_RetransmitAtOnce()
    {
        using TcpScript s = Warm(TcpScript.NoSackSyn);
        s.Write(10_000).Sent();
        Assert.Equal("", s.In("A 1 ack 1").In("A 1 ack 1").Sent());
        Assert.Equal("A 1:1001 ack 1", s.In("A 1 ack 1").Sent());
        Assert.Equal(5000, s.Congestion.SlowStartThreshold);
        Assert.Equal("", s.In("A 1 ack 1").In("A 1 ack 1").In("A 1 ack 1").Sent());
        s.In("A 1 ack 10001");
        Assert.Equal(5000, s.Congestion.Window);
    }

    [Fact]
    public void PartialAcknowledgement_WithoutSack_RetransmitsTheNextHole()
    {
        // RFC 6582: segments 1 and 3 of ten are lost.
        using TcpScript s = Warm(TcpScript.NoSackSyn);
        s.Write(30_000).Sent();
        s.In("A 1 ack 1").In("A 1 ack 1").In("A 1 ack 1");

        // RFC 3042: the first two duplicates let new segments out.
        Assert.Equal("A 10001:11001 ack 1\nA 11001:12001 ack 1\nA 1:1001 ack 1", s.Sent());
        for (int i = 0; i < 5; i++)
        {
            s.In("A 1 ack 1");
        }

        s.Sent();
        Assert.StartsWith("A 2001:3001 ack 1", s.In("A 1 ack 2001").Sent(), StringComparison.Ordinal);
        s.In("A 1 ack 13001");
        Assert.Equal(5000, s.Congestion.Window);
    }

    [Fact]
    public void PartialAcknowledgements_WithoutSack_MendOneHolePerRoundTrip()
    {
        using TcpScript s = Warm(TcpScript.NoSackSyn);
        s.Write(10_000).In("A 1 ack 1").In("A 1 ack 1").In("A 1 ack 1").Sent();
        for (int i = 1; i < 10; i++)
        {
            string expected = $"A {(i * 1000) + 1}:{(i * 1000) + 1001} ack 1";
            Assert.StartsWith(expected, s.Advance(10).In($"A 1 ack {(i * 1000) + 1}").Sent().TrimStart('P'), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void DuplicatesRightAfterRecovery_WithoutSack_StartNoNewOne()
    {
        using TcpScript s = Warm(TcpScript.NoSackSyn);
        s.Write(10_000).In("A 1 ack 1").In("A 1 ack 1").In("A 1 ack 1").In("A 1 ack 10001").Sent();
        s.Write(3000).Sent();
        Assert.Equal("", s.In("A 1 ack 10001").In("A 1 ack 10001").In("A 1 ack 10001").In("A 1 ack 10001").Sent());
        Assert.Equal(5000, s.Congestion.Window);
    }

    [Fact]
    public void DuplicateWithDataOrAnotherWindow_IsNone()
    {
        using TcpScript s = Warm(TcpScript.NoSackSyn);
        s.Write(10_000).Sent();
        s.In("A 1:11 ack 1").In("A 11:21 ack 1").In("A 21:31 ack 1");
        s.In("A 31 ack 1 win 50000").In("A 31 ack 1 win 40000").In("A 31 ack 1 win 30000");
        Assert.DoesNotContain("A 1:1001", s.Sent(), StringComparison.Ordinal);
    }

    [Fact]
    public void Sack_ThreeSegmentsAboveAHole_RetransmitIt()
    {
        using TcpScript s = Warm();
        s.Write(10_000).Advance(10).Sent();
        Assert.Equal("", s.In("A 1 ack 1 sack 1001:2001").In("A 1 ack 1 sack 1001:3001").Sent());
        Assert.Equal("A 1:1001 ack 1", s.In("A 1 ack 1 sack 1001:4001").Sent());
        Assert.Equal("", s.In("A 1 ack 1 sack 1001:4001").In("A 1 ack 1 sack 1001:4001").In("A 1 ack 1 sack 1001:4001").Sent());
        s.In("A 1 ack 10001");
        Assert.Equal(1, s.Connection.Retransmits);
        Assert.Equal(5000, s.Congestion.Window);
    }

    [Fact]
    public void Sack_ManyHoles_AreMendedAsThePipeAllows()
    {
        using TcpScript s = Warm();
        s.Write(10_000).Advance(10).Sent();

        // 1, 3, 5 are lost.
        s.In("A 1 ack 1 sack 1001:2001").In("A 1 ack 1 sack 3001:4001 sack 1001:2001");
        s.In("A 1 ack 1 sack 5001:6001 sack 3001:4001 sack 1001:2001");
        Assert.Equal("A 1:1001 ack 1", s.Sent());
        s.In("A 1 ack 1 sack 5001:7001 sack 3001:4001 sack 1001:2001").In("A 1 ack 1 sack 5001:8001 sack 3001:4001 sack 1001:2001");
        s.In("A 1 ack 1 sack 5001:10001 sack 3001:4001 sack 1001:2001");
        Assert.Equal("A 2001:3001 ack 1\nA 4001:5001 ack 1", s.Sent());
        s.In("A 1 ack 10001");
        Assert.Equal(3, s.Connection.Retransmits);
    }

    [Fact]
    public void Timeout_AfterSack_SkipsWhatThePeerHolds()
    {
        using TcpScript s = Warm();
        s.Write(5000).Advance(10).In("A 1 ack 1 sack 1001:2001").In("A 1 ack 1 sack 1001:2001 sack 3001:4001").Sent();
        Assert.EndsWith("A 1:1001 ack 1", s.Advance(250).Sent(), StringComparison.Ordinal);
        string sent = s.In("A 1 ack 2001 sack 3001:4001").Sent();
        Assert.Contains("A 2001:3001 ack 1", sent, StringComparison.Ordinal);
        Assert.Contains("A 4001:5001 ack 1", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("A 3001:4001", sent, StringComparison.Ordinal);
        s.In("A 1 ack 5001");
        Assert.True(s.Connection.AllAcknowledged);
    }

    [Fact]
    public void ManyTimeouts_StopBelievingSack()
    {
        using TcpScript s = Warm();
        s.Write(2000).In("A 1 ack 2001");
        s.Write(3000).In("A 1 ack 2001 sack 3001:5001").Advance(200).Advance(400).Advance(800).Advance(1600).Sent();
        Assert.Equal("A 3001:4001 ack 1\nPA 4001:5001 ack 1", s.In("A 1 ack 3001").Sent());
    }

    [Fact]
    public void SackTakenBack_TheNextTimeoutSendsItAgain()
    {
        // RFC 2018 section 8: the acknowledgement stops where a range starts, so the peer no longer has it.
        using TcpScript s = Warm();
        s.Write(3000).In("A 1 ack 1 sack 1001:2001").In("A 1 ack 1001").Sent();
        Assert.Contains("A 1001:2001 ack 1", s.Advance(450).Sent(), StringComparison.Ordinal);
    }

    [Fact]
    public void SackBlocksThatLie_AreIgnored()
    {
        using TcpScript s = Warm();
        s.Write(5000).Sent();
        s.In("A 1 ack 1 sack 5001:9001").In("A 1 ack 1 sack 3000:2000").In("A 1 ack 1 sack 0:4294967295").In("A 1 ack 1 sack 9000:9001");
        Assert.Equal("", s.Sent());
        s.In("A 1 ack 5001");
        Assert.True(s.Connection.AllAcknowledged);
    }

    [Fact]
    public void SuperSegment_LostInPart_IsMendedFromTheHole()
    {
        using TcpScript s = Warm(parameters: new TcpParameters { MaxSuperSegment = 65_000 });
        s.Write(10_000).Sent();
        s.In("A 1 ack 3001 sack 5001:10001");
        Assert.Equal("A 3001:5001 ack 1 gso 1000", s.Sent());
    }

    [Fact]
    public void CongestionAvoidance_GrowsByOneSegmentPerWindow()
    {
        using TcpScript s = Warm();
        s.Write(10_000).In("A 1 ack 1 sack 1001:5001").In("A 1 ack 10001").Sent();
        Assert.Equal(5000, s.Congestion.Window);
        int acked = 10_001;
        for (int i = 0; i < 3; i++)
        {
            s.Write((int)s.Congestion.Window);
            acked += (int)s.Congestion.Window;
            s.In($"A 1 ack {acked}");
        }

        Assert.Equal(8000, s.Congestion.Window);
    }
}
