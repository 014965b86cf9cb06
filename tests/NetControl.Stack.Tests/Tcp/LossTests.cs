using NetControl.Stack.Tcp;
using NetControl.Stack.Tcp.Congestion;
using NetControl.Testing.Tcp;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>RACK-TLP (RFC 8985): losses told by time, and the tail probed.</summary>
public sealed class LossTests
{
    private static TcpScript Warm() =>
        TcpScript.SynReceived().Advance(10).In("A 1 ack 1").Settled(TcpState.Established);

    [Fact]
    public void OneSegmentOvertaken_IsGivenAQuarterOfARoundTrip_ThenSentAgain()
    {
        using TcpScript s = Warm();
        s.Write(3000).Advance(10).In("A 1 ack 1 sack 1001:2001").Sent();
        Assert.Equal("", s.Advance(2.4).Sent());
        Assert.Equal("A 1:1001 ack 1", s.Advance(0.2).Sent());
    }

    [Fact]
    public void OneSegmentOvertaken_ComesWithinTheWindow_IsNotSentAgain()
    {
        using TcpScript s = Warm();
        s.Write(3000).Advance(10).In("A 1 ack 1 sack 1001:2001").Advance(2).In("A 1 ack 3001").Sent();
        Assert.Equal("", s.Advance(1000).Sent());
        Assert.Equal(0, s.Connection.Retransmits);
        Assert.Equal(10_000, s.Congestion.Window);
    }

    [Fact]
    public void ReorderingSeen_ThreeSegmentsAboveAHole_AreNoProofAnyMore()
    {
        using TcpScript s = Warm();
        s.Write(3000).Advance(10).In("A 1 ack 1 sack 1001:2001").In("A 1 ack 3001").Sent();
        s.Write(5000).Advance(10).In("A 1 ack 3001 sack 4001:8001").Sent();
        Assert.Equal("", s.Advance(2).Sent());
        Assert.Equal("A 3001:4001 ack 1", s.Advance(1).Sent());
    }

    [Fact]
    public void RetransmissionLost_IsSentAgainBeforeTheTimeout()
    {
        using TcpScript s = Warm();
        s.Write(30_000).Advance(10).In("A 1 ack 1 sack 1001:5001");
        Assert.Contains("A 1:1001 ack 1", s.Sent(), StringComparison.Ordinal);

        // What was sent after the retransmission is acknowledged, the retransmission is not.
        s.In("A 1 ack 1 sack 1001:10001");
        string sent = s.Sent();
        Assert.Contains("A 10001:11001 ack 1", sent, StringComparison.Ordinal);
        s.Advance(10).In("A 1 ack 1 sack 1001:11001");
        s.Advance(10).In("A 1 ack 1 sack 1001:12001");
        Assert.Contains("A 1:1001 ack 1", s.Advance(10).Sent(), StringComparison.Ordinal);
    }

    [Fact]
    public void RetransmissionLost_TheWindowIsReducedAgain_OncePerRoundTrip()
    {
        // RFC 5681 4.3: two indications of congestion.
        using TcpScript s = Warm();
        s.Write(60_000).Advance(10).In("A 1 ack 1 sack 2001:10001");
        Assert.StartsWith("A 1:2001 ack 1", Joined(s.Sent()), StringComparison.Ordinal);
        Assert.Equal(5000, s.Congestion.Window);
        s.In("A 1 ack 1 sack 2001:10001").Sent();
        long end = Sent(s);
        s.Advance(10).In($"A 1 ack 1 sack 2001:{end}").Advance(3);
        Assert.Equal(2500, s.Congestion.Window);
        Assert.Contains("A 1:", s.Sent(), StringComparison.Ordinal);
        s.In($"A 1 ack 1 sack 2001:{end}").Advance(3);
        Assert.Equal(2500, s.Congestion.Window);
        s.Advance(10).In($"A 1 ack 1 sack 1001:{end}").Advance(3);
        Assert.Equal(2000, s.Congestion.Window);
        s.Advance(10).In($"A 1 ack {end}");
        Assert.Equal(2000, s.Congestion.SlowStartThreshold);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void RetransmissionLost_TheTimerSaysSo_TheThresholdIsReducedAgain(bool sack)
    {
        using TcpScript s = sack ? Warm() : TcpScript.Established("S 0 win 60000 mss 1000 wscale 0");
        string ranges = sack ? " sack 1001:10001" : "";
        s.Write(10_000).Sent();
        s.Advance(10).In("A 1 ack 1" + ranges).In("A 1 ack 1" + ranges).In("A 1 ack 1" + ranges);
        Assert.Equal("A 1:1001 ack 1", s.Sent());
        long threshold = s.Congestion.SlowStartThreshold;
        Assert.Contains("A 1:1001 ack 1", s.Advance(1100).Sent(), StringComparison.Ordinal);
        Assert.Equal(1000, s.Congestion.Window);
        Assert.Equal(threshold / 2, s.Congestion.SlowStartThreshold);

        // RFC 5681 3.1: what the timer sent again and loses again leaves it.
        s.Advance(3000).Sent();
        Assert.Equal(threshold / 2, s.Congestion.SlowStartThreshold);
    }

    [Fact]
    public void RetransmissionLost_AllOfItProvesNeedless_BothReductionsAreTakenBack()
    {
        foreach (ICongestionControl control in (ICongestionControl[])[new Cubic(), new NewReno()])
        {
            control.Start(1000);
            control.OnLoss(10_000, default);
            long once = control.Window;
            control.OnRetransmissionLost(once);
            Assert.True(control.Window < once);
            control.OnUndo();
            Assert.Equal(10_000, control.Window);
        }
    }

    private static long Sent(TcpScript s) => 1 + s.Connection.Snapshot().BytesInFlight;

    private static string Joined(string sent) => sent.Replace("A 1:1001 ack 1\nA 1001:2001 ack 1", "A 1:2001 ack 1", StringComparison.Ordinal);

    [Fact]
    public void TailLost_IsProbedAfterTwoRoundTrips()
    {
        using TcpScript s = Warm();
        s.Write(3000).Sent();
        Assert.Equal("", s.Advance(23.9).Sent());
        Assert.Equal("PA 2001:3001 ack 1", s.Advance(0.2).Sent());
        Assert.Equal("", s.Advance(150).Sent());
        Assert.Equal(10_000, s.Congestion.Window);
    }

    [Fact]
    public void TailProbe_ItsSackMendsTheRest()
    {
        using TcpScript s = Warm();
        s.Write(5000).Advance(10).In("A 1 ack 1001").Advance(25).Sent();
        Assert.Equal("A 1001:2001 ack 1\nA 2001:3001 ack 1", s.Advance(9.5).In("A 1 ack 1001 sack 4001:5001").Advance(3).Sent());
    }

    [Fact]
    public void TailProbe_MendsTheLoss_TheWindowIsStillReduced()
    {
        // 7.4.2
        using TcpScript s = Warm();
        s.Write(3000).Advance(24.1).Sent();
        s.Advance(10).In("A 1 ack 3001");
        Assert.Equal(10_000, s.Congestion.Window);
        s.Write(1000).In("A 1 ack 4001");
        Assert.True(s.Congestion.Window < 10_000);
    }

    [Fact]
    public void TailProbe_WasNeedless_TheDuplicateSaysSo()
    {
        using TcpScript s = Warm();
        s.Write(3000).Advance(24.1).Sent();
        s.Advance(10).In("A 1 ack 3001 sack 2001:3001");
        s.Write(1000).In("A 1 ack 4001");
        Assert.Equal(10_000, s.Congestion.Window);
    }

    [Fact]
    public void TailProbe_WithMoreToSend_SendsThatBeyondTheWindow()
    {
        using TcpScript s = Warm();
        s.Write(20_000).Sent();
        Assert.Equal("A 10001:11001 ack 1", s.Advance(24.1).Sent());
    }

    [Fact]
    public void FinLost_IsProbed()
    {
        using TcpScript s = Warm();
        s.Write(3000).Close().Sent();
        s.Advance(10).In("A 1 ack 3001");
        Assert.Equal("FA 3001 ack 1", s.Advance(210).Sent());
    }

    [Fact]
    public void SynAckLost_TheFirstWindowIsOneSegment_AndTheTimeoutThreeSeconds()
    {
        // RFC 5681 3.1, RFC 6298 5.7
        using TcpScript s = TcpScript.SynReceived().Advance(1000).In("A 1 ack 1").Settled(TcpState.Established);
        Assert.Equal("A 1:1001 ack 1", s.Write(3000).Sent());
        Assert.Equal(3_000_000, s.Connection.Snapshot().RtoMicros);
    }
}
