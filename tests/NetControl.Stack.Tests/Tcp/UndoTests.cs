using NetControl.Stack.Tcp;
using NetControl.Testing.Tcp;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>Reductions that were for nothing are taken back (RFC 3522, 3708, 5682, 9438 4.9).</summary>
public sealed class UndoTests
{
    private const string Stamped = "S 0 win 60000 mss 1012 wscale 0 sackok ts 100 0";

    private static TcpScript Warm() =>
        TcpScript.SynReceived().Advance(10).In("A 1 ack 1").Settled(TcpState.Established);

    [Fact]
    public void FastRetransmit_TheEchoIsOfTheFirstTransmission_TheWindowComesBack()
    {
        // RFC 3522 3.2; the handshake was at 1000 ms, so 1000 is the echo of what went at once.
        using TcpScript s = TcpScript.Established(Stamped);
        s.Write(10_000).Sent();
        s.Advance(10).In("A 1 ack 1 sack 3001:7001 ts 110 1000");
        Assert.True(s.Congestion.Window < 10_000);
        s.Advance(2).In("A 1 ack 7001 ts 111 1000");
        Assert.Equal(1, s.Connection.Undos);
        Assert.Equal(17_000, s.Congestion.Window); // and slow start goes on
    }

    [Fact]
    public void FastRetransmit_TheEchoIsOfTheRetransmission_TheReductionStays()
    {
        using TcpScript s = TcpScript.Established(Stamped);
        s.Write(10_000).Sent();
        s.Advance(10).In("A 1 ack 1 sack 3001:7001 ts 110 1000");
        s.Advance(10).In("A 1 ack 7001 ts 120 1010");
        Assert.Equal(0, s.Connection.Undos);
        Assert.True(s.Congestion.Window < 10_000);
    }

    [Fact]
    public void Timeout_OnlyTheAcknowledgementWasLost_TheDuplicateBringsTheWindowBack()
    {
        // RFC 3708
        using TcpScript s = Warm();
        s.Write(1000).Sent();
        Assert.Equal("PA 1:1001 ack 1", s.Advance(211).Sent());
        Assert.Equal("PA 1:1001 ack 1", s.Advance(250).Sent());
        Assert.Equal(1000, s.Congestion.Window);
        s.Advance(10).In("A 1 ack 1001 sack 1:1001");
        Assert.Equal(1, s.Connection.Undos);
        Assert.True(s.Congestion.Window >= 10_000);
        Assert.True(s.Connection.Snapshot().RtoMicros < 250_000);
    }

    [Fact]
    public void DuplicateOfWhatWasSentOnce_IsTheNetworks_NothingIsUndone()
    {
        using TcpScript s = Warm();
        s.Write(10_000).Advance(10).In("A 1 ack 1 sack 1001:5001").Sent();
        long reduced = s.Congestion.Window;
        s.In("A 1 ack 1 sack 2001:3001 sack 1001:5001");
        Assert.Equal(0, s.Connection.Undos);
        Assert.Equal(reduced, s.Congestion.Window);
    }

    [Fact]
    public void OneOfTwoRetransmissionsWasNeedless_TheReductionStays()
    {
        using TcpScript s = Warm();
        s.Write(10_000).Advance(10).In("A 1 ack 1 sack 2001:8001").Sent();
        s.Advance(10).In("A 1 ack 8001 sack 1001:2001");
        Assert.Equal(2, s.Connection.Retransmits);
        Assert.Equal(0, s.Connection.Undos);
        Assert.True(s.Congestion.Window < 10_000);
    }

    [Fact]
    public void Timeout_WhatWasNeverSentAgainArrives_TheWindowDoesNotStartFromOneSegment()
    {
        // RFC 5682 3.1: the retransmission alone cannot have delivered more than itself.
        using TcpScript s = Warm();
        s.Write(10_000).Sent();
        s.Advance(30).Sent();
        Assert.StartsWith("A 1:1001 ack 1", s.Advance(300).Sent(), StringComparison.Ordinal);
        Assert.Equal(1000, s.Congestion.Window);
        s.Advance(10).In("A 1 ack 5001");
        Assert.True(s.Congestion.Window >= 5000, $"{s.Congestion.Window}");
        Assert.Equal(0, s.Connection.Undos);
    }

    [Fact]
    public void Timeout_EverythingWasLost_TheWindowStartsFromOneSegment()
    {
        using TcpScript s = Warm();
        s.Write(10_000).Sent();
        s.Advance(30).Sent();
        s.Advance(300).Sent();
        s.Advance(10).In("A 1 ack 1001");
        Assert.Equal("A 1001:2001 ack 1\nA 2001:3001 ack 1", s.Sent());
        Assert.Equal(2000, s.Congestion.Window);
    }

    [Fact]
    public void Timeout_AcknowledgementReachesOverSelectivelyAcknowledgedBytes_TheWindowCountsThemOnce()
    {
        using TcpScript s = Warm();
        s.Write(10_000).Advance(10).In("A 1 ack 1 sack 1001:10001").Sent();
        s.Advance(400).Sent();
        Assert.Equal(1000, s.Congestion.Window);
        s.Advance(10).In("A 1 ack 10001");
        Assert.True(s.Congestion.Window <= 5000, $"{s.Congestion.Window}");
    }

    [Fact]
    public void Duplicate_OfTheLatestSegment_IsEchoedWithItsOwnStamp()
    {
        // RFC 7323 4.3: our acknowledgement was lost; echoing the first stamp would make the peer take its timeout for a round trip.
        using TcpScript s = TcpScript.Established(Stamped);
        s.In("A 1:1001 ack 1 ts 150 1000").Advance(25).Sent();
        Assert.EndsWith("ts 1025 350 sack 1:1001", s.In("A 1:1001 ack 1 ts 350 1000").Sent(), StringComparison.Ordinal);
    }

    [Fact]
    public void Duplicate_OfAnOlderSegment_DoesNotChangeTheEcho()
    {
        using TcpScript s = TcpScript.Established(Stamped);
        s.In("A 1:1001 ack 1 ts 150 1000").Advance(25).In("A 1001:2001 ack 1 ts 160 1000").Advance(25).Sent();
        Assert.Contains(" 160 ", s.In("A 1:1001 ack 1 ts 350 1000").Sent(), StringComparison.Ordinal);
    }

    [Fact]
    public void AfterAHole_SingleSegments_AreAcknowledgedAtOnceForAWhile()
    {
        using TcpScript s = TcpScript.Established();
        s.In("A 1001:2001 ack 1").In("A 1:1001 ack 1").Sent();
        for (int i = 0; i < 15; i++)
        {
            s.In($"A {2001 + (i * 1000)}:{3001 + (i * 1000)} ack 1");
            Assert.NotEqual("", s.Sent());
        }

        Assert.Equal("", s.In("A 17001:18001 ack 1").Sent());
    }

    [Fact]
    public void OneWay_ASingleSegment_IsAcknowledgedSoon()
    {
        using TcpScript s = TcpScript.Established();
        for (int i = 0; i < 16; i++)
        {
            s.In($"A {1 + (i * 1000)}:{1001 + (i * 1000)} ack 1");
        }

        s.In("A 16001:17001 ack 1").Sent();
        Assert.Equal("", s.Advance(1.9).Sent());
        Assert.Equal("A 1 ack 17001", s.Advance(0.2).Sent());
    }

    [Fact]
    public void WindowTakenBack_PartOfIt_RetransmissionsStayWithin()
    {
        using TcpScript s = Warm();
        s.Write(10_000).Sent();
        s.Advance(10).In("A 1 ack 1 win 1500 sack 4001:8001");
        Assert.Equal("A 1:1001 ack 1\nA 1001:1501 ack 1", s.Sent());
    }
}
