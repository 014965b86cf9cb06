using NetControl.Testing.Tcp;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>Smaller segments, told (RFC 1191, 8201) or guessed (RFC 4821).</summary>
public sealed class PathMtuTests
{
    [Fact]
    public void TooBig_WhatIsInFlightGoesAgainInSmallerSegments_AtOnce()
    {
        using TcpScript s = TcpScript.Established();
        s.Write(2000).Sent();
        Assert.True(s.Connection.OnPathMtu(640, s.OurIsn + 1));
        Assert.Equal("A 1:601 ack 1\nA 601:1201 ack 1\nA 1201:1801 ack 1\nPA 1801:2001 ack 1", s.Flush().Sent());
        Assert.Equal(600, s.Connection.Snapshot().SendMss);
        Assert.Equal(10_000, s.Congestion.Window);
    }

    [Fact]
    public void TooBig_OfASegmentNotInFlight_IsNotBelieved()
    {
        // RFC 5927 section 4.1
        using TcpScript s = TcpScript.Established();
        s.Write(1000).In("A 1 ack 1001").Write(1000).Sent();
        Assert.False(s.Connection.OnPathMtu(640, s.OurIsn + 1));
        Assert.False(s.Connection.OnPathMtu(640, s.OurIsn + 2001));
        Assert.Equal(1000, s.Connection.Snapshot().SendMss);
    }

    [Theory]
    [InlineData(67)]
    [InlineData(1040)]
    [InlineData(9000)]
    public void TooBig_BelowTheLeastOrNotBelowTheCurrent_IsIgnored(int mtu)
    {
        using TcpScript s = TcpScript.Established().Write(1000);
        Assert.False(s.Connection.OnPathMtu(mtu, s.OurIsn + 1));
        Assert.Equal(1000, s.Connection.Snapshot().SendMss);
    }

    [Fact]
    public void TooBig_WithoutAnMtu_TakesTheNextPlateau()
    {
        using TcpScript s = TcpScript.Established().Write(1000);
        Assert.True(s.Connection.OnPathMtu(0, s.OurIsn + 1));
        Assert.Equal(1006 - 40, s.Connection.Snapshot().SendMss);
    }

    [Fact]
    public void ThreeTimeoutsOfFullSegments_LowerTheSize()
    {
        using TcpScript s = TcpScript.Established(TcpScript.NoSackSyn).Write(3000);
        s.Advance(200).Advance(400).Sent();
        Assert.Equal("A 1:513 ack 1", s.Advance(800).Sent());
        s.In("A 1 ack 513");
        Assert.Equal(512, s.Connection.Snapshot().SendMss);
    }

    [Fact]
    public void ThreeTimeouts_WhereFullSegmentsCameThroughBefore_ProveNothing()
    {
        using TcpScript s = TcpScript.Established(TcpScript.NoSackSyn).Write(3000).In("A 1 ack 2001");
        s.Write(3000).Advance(200).Advance(400).Advance(800);
        Assert.Equal(1000, s.Connection.Snapshot().SendMss);
    }
}
