using NetControl.Stack.Tcp;
using NetControl.Testing.Tcp;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>When an acknowledgement is sent (RFC 9293 3.8.6.3, RFC 5681 4.2), and what timestamps it bears (RFC 7323).</summary>
public sealed class AcknowledgementTests
{
    private const string Stamped = "S 0 win 60000 mss 1000 sackok ts 7 0";

    [Fact]
    public void OneSegment_IsAcknowledgedWithinTheDelay()
    {
        using TcpScript s = TcpScript.Established();
        s.In("PA 1:101 ack 1");
        Assert.Equal("", s.Advance(24.9).Sent());
        Assert.Equal("A 1 ack 101", s.Advance(0.1).Sent());
        Assert.Null(s.NextDeadlineMillis);
    }

    [Fact]
    public void EverySecondSegment_IsAcknowledgedAtOnce()
    {
        using TcpScript s = TcpScript.Established();
        Assert.Equal("", s.In("A 1:11 ack 1").Sent());
        Assert.Equal("A 1 ack 21", s.In("A 11:21 ack 1").Sent());
        Assert.Equal("", s.In("A 21:31 ack 1").Sent());
    }

    [Fact]
    public void ASuperSegment_IsAcknowledgedAtOnce()
    {
        using TcpScript s = TcpScript.Established();
        Assert.Equal("A 1 ack 20001", s.In("A 1:20001 ack 1").Sent());
    }

    [Fact]
    public void ABatch_IsAcknowledgedOnce()
    {
        using TcpScript s = TcpScript.Established();
        Assert.Equal("A 1 ack 40001", s.InBatch("A 1:10001 ack 1", "A 10001:20001 ack 1", "A 20001:30001 ack 1", "A 30001:40001 ack 1").Sent());
    }

    [Fact]
    public void OurData_CarriesTheAcknowledgement()
    {
        using TcpScript s = TcpScript.Established();
        s.In("PA 1:101 ack 1").Write(10);
        Assert.Equal("PA 1:11 ack 101", s.Sent());
        Assert.Equal("", s.Advance(100).Sent());
    }

    [Fact]
    public void BelowTheWindow_IsAcknowledgedAtOnce()
    {
        using TcpScript s = TcpScript.Established();
        s.In("PA 1:101 ack 1").Advance(25).Sent();
        Assert.Equal("A 1 ack 101", s.In("A 100:101 ack 1").Sent().Replace(" sack 100:101", "", StringComparison.Ordinal)); // a keep-alive with a byte
        Assert.Equal("A 1 ack 101", s.In("A 100 ack 1").Sent()); // and one without
    }

    [Fact]
    public void Echo_IsOfTheSegmentThatTheAcknowledgementWaitsFor()
    {
        // RFC 7323 4.3, case A: delayed acknowledgements echo the earliest segment.
        using TcpScript s = TcpScript.Established(Stamped);
        s.In("A 1:101 ack 1 ts 20 1000").Advance(5).In("A 101:201 ack 1 ts 25 1000");
        Assert.Equal("A 1 ack 201 ts 1005 20", s.Sent());
    }

    [Fact]
    public void Echo_WhileAHoleIsOpen_IsOfTheLastSegmentThatAdvanced()
    {
        // Case B and C: out-of-order segments do not change the echo; the one that fills the hole does.
        using TcpScript s = TcpScript.Established(Stamped);
        s.InBatch("A 1:101 ack 1 ts 20 1000", "A 1:101 ack 1 ts 20 1000").Sent();
        Assert.Equal("A 1 ack 101 ts 1000 20 sack 201:301", s.In("A 201:301 ack 1 ts 22 1000").Sent());
        Assert.Equal("A 1 ack 101 ts 1000 20 sack 201:401", s.In("A 301:401 ack 1 ts 23 1000").Sent());
        Assert.Equal("A 1 ack 401 ts 1000 21", s.In("A 101:201 ack 1 ts 21 1000").Sent());
    }

    [Fact]
    public void StaleTimestamp_IsDroppedAndAcknowledged()
    {
        using TcpScript s = TcpScript.Established(Stamped);
        s.In("A 1:101 ack 1 ts 20 1000").Advance(25).Sent();
        Assert.Equal("A 1 ack 101 ts 1025 20", s.In("A 101:201 ack 1 ts 19 1000").Sent());
        Assert.Equal(100, s.Received.Count);
    }

    [Fact]
    public void NoTimestamp_AfterTheyWereAgreedUpon_IsDroppedInSilence()
    {
        using TcpScript s = TcpScript.Established(Stamped);
        Assert.Equal("", s.In("A 1:101 ack 1").Advance(25).Sent());
        Assert.Equal("", s.In("FA 1 ack 1").Advance(25).Sent());
        Assert.Empty(s.Received);
        Assert.Equal("A 1 ack 1 ts 1050 7", s.In("S 1 win 100").Sent());
        s.In("R 1");
        Assert.Equal(TcpEvents.Reset, s.Events());
    }

    [Fact]
    public void Reset_CarriesATimestamp()
    {
        using TcpScript s = TcpScript.Established(Stamped);
        Assert.Equal("RA 1 ack 1 ts 1000 7", s.Abort().Sent());
    }

    [Fact]
    public void SegmentsOfOneBatch_AreOwedTheirOwnAcknowledgements()
    {
        using TcpScript s = TcpScript.Established();
        Assert.False(s.Owes("A 1:1461 ack 1"));
        Assert.True(s.Owes("A 1461:2921 ack 1"));
        s.Flush().Sent();
        Assert.True(s.Owes("A 4381:5841 ack 1")); // a gap
        Assert.True(s.Owes("A 2921:4381 ack 1")); // and its filling
        s.Flush().Sent();
        Assert.True(s.Owes("A 1:1461 ack 1")); // an old one
        s.Flush().Sent();
        Assert.False(s.Owes("A 5841:20441 ack 1")); // a super-segment waits for the end of the batch
        Assert.False(s.Owes("A 20441:20541 ack 1")); // and so does the end of the application's write behind it
    }

    [Fact]
    public void StaleTimestamp_AfterTwentyFourIdleDays_IsBelieved()
    {
        using TcpScript s = TcpScript.Established(Stamped, new TcpParameters { KeepAliveMicros = 0 });
        s.In("A 1:101 ack 1 ts 20 1000").Advance(25).Advance(25.0 * 24 * 3600 * 1000);
        s.In("A 101:201 ack 1 ts 3 1000");
        Assert.Equal(200, s.Received.Count);
    }

    [Fact]
    public void Reset_WithAStaleTimestamp_IsTakenAllTheSame()
    {
        using TcpScript s = TcpScript.Established(Stamped);
        s.In("A 1:101 ack 1 ts 20 1000").In("R 101 ts 3 0");
        Assert.Equal(TcpState.Closed, s.State);
    }

    [Fact]
    public void Timestamps_WrapAround()
    {
        using TcpScript s = TcpScript.Established("S 0 win 60000 mss 1000 ts 4294967290 0");
        s.In("A 1:101 ack 1 ts 5 1000").In("A 101:201 ack 1 ts 6 1000");
        Assert.Equal(200, s.Received.Count);
        Assert.Equal("A 1 ack 201 ts 1000 5", s.Sent());
    }
}
