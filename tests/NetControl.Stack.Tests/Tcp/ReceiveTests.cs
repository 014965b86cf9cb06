using NetControl.Stack.Storage;
using NetControl.Stack.Tcp;
using NetControl.Testing.Tcp;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>Segment text: order, holes, overlaps, selective acknowledgements (RFC 9293 3.10.7.4, RFC 2018, RFC 2883).</summary>
public sealed class ReceiveTests
{
    [Fact]
    public void InOrder_GoesToTheOwnerWithoutACopy()
    {
        using TcpScript s = TcpScript.Established();
        s.In("PA 1:1001 ack 1");
        Assert.Equal(1000, s.Received.Count);
        Assert.Equal(0, s.Pool.BytesInUse);
        Assert.Equal(0, s.Connection.ReceiveBuffer.Length);
    }

    [Fact]
    public void InOrder_WhatTheOwnerLeaves_WaitsInTheBuffer()
    {
        using TcpScript s = TcpScript.Established();
        s.DirectLimit = 300;
        s.In("PA 1:1001 ack 1").In("PA 1001:2001 ack 1");
        Assert.Equal(300, s.Received.Count);
        Assert.Equal(1700, s.Connection.ReceiveBuffer.Length);
        Assert.Equal(TcpEvents.Readable, s.Events());
        s.Take();
        Assert.Equal(2000, s.Received.Count);
        Assert.Equal(0, s.Pool.BytesInUse);
    }

    [Fact]
    public void Hole_IsReportedAtOnceAndFilled()
    {
        using TcpScript s = TcpScript.Established();
        Assert.Equal("A 1 ack 1 sack 1001:2001", s.In("A 1001:2001 ack 1").Sent());
        Assert.Equal("A 1 ack 1 sack 1001:3001", s.In("A 2001:3001 ack 1").Sent());
        Assert.Equal("A 1 ack 3001", s.In("A 1:1001 ack 1").Sent());
        s.Take();
        Assert.Equal(3000, s.Received.Count);
        Assert.Equal(0, s.Pool.BytesInUse);
    }

    [Fact]
    public void Sack_TheLatestRangeComesFirst()
    {
        using TcpScript s = TcpScript.Established();
        s.In("A 101:201 ack 1").In("A 301:401 ack 1").In("A 501:601 ack 1").Sent();
        Assert.Equal("A 1 ack 1 sack 301:411 sack 501:601 sack 101:201", s.In("A 401:411 ack 1").Sent());
        s.In("A 701:801 ack 1").Sent();
        Assert.Equal("A 1 ack 1 sack 901:1001 sack 101:201 sack 301:411 sack 501:601", s.In("A 901:1001 ack 1").Sent());
        Assert.Equal("A 1 ack 201 sack 901:1001 sack 301:411 sack 501:601 sack 701:801", s.In("A 1:101 ack 1").Sent());
        s.Take();
    }

    [Fact]
    public void Sack_BesideTimestamps_HasThreeBlocks()
    {
        using TcpScript s = TcpScript.Established("S 0 win 60000 mss 1000 sackok ts 7 0");
        s.In("A 101:201 ack 1 ts 7 0").In("A 301:401 ack 1 ts 7 0").In("A 501:601 ack 1 ts 7 0").Sent();
        Assert.Equal("A 1 ack 1 ts 1000 7 sack 701:801 sack 101:201 sack 301:401", s.In("A 701:801 ack 1 ts 7 0").Sent());
    }

    [Fact]
    public void Sack_NotNegotiated_IsNotSent()
    {
        using TcpScript s = TcpScript.Established(TcpScript.NoSackSyn);
        Assert.Equal("A 1 ack 1", s.In("A 1001:2001 ack 1").Sent());
        Assert.Equal("A 1 ack 2001", s.In("A 1:1001 ack 1").Sent());
    }

    [Fact]
    public void Duplicate_BelowTheAcknowledgement_IsNamedOnce()
    {
        using TcpScript s = TcpScript.Established();
        s.InBatch("A 1:1001 ack 1", "A 1001:2001 ack 1").Sent();
        Assert.Equal("A 1 ack 2001 sack 1:1001", s.In("A 1:1001 ack 1").Sent());
        Assert.Equal("A 1 ack 3001", s.InBatch("A 2001:3001 ack 1", "A 3001:3001 ack 1").Advance(25).Sent());
        s.In("A 1501:2501 ack 1");
        Assert.Equal(3000, s.Received.Count);
    }

    [Fact]
    public void Duplicate_PartlyNew_NamesTheOldPartAndTakesTheNew()
    {
        using TcpScript s = TcpScript.Established();
        s.InBatch("A 1:1001 ack 1", "A 1001:2001 ack 1").Sent();
        s.In("A 1501:2501 ack 1").Advance(25);
        Assert.Equal("A 1 ack 2501 sack 1501:2001", s.Sent());
        Assert.Equal(2500, s.Received.Count);
    }

    [Fact]
    public void Duplicate_AboveTheAcknowledgement_IsNamedBeforeItsRange()
    {
        using TcpScript s = TcpScript.Established();
        s.In("A 1001:2001 ack 1").In("A 3001:4001 ack 1").Sent();
        Assert.Equal("A 1 ack 1 sack 1201:1301 sack 1001:2001 sack 3001:4001", s.In("A 1201:1301 ack 1").Sent());
    }

    [Fact]
    public void Overlap_TheFirstDataWins()
    {
        using TcpScript s = TcpScript.Established();
        s.CheckContent = false;
        s.In("A 11:21 ack 1", 0x11).In("A 6:26 ack 1", 0x22).In("A 1:31 ack 1", 0x33).Take();
        byte[] expected = [.. Enumerable.Repeat((byte)0x33, 5), .. Enumerable.Repeat((byte)0x22, 5), .. Enumerable.Repeat((byte)0x11, 10),
            .. Enumerable.Repeat((byte)0x22, 5), .. Enumerable.Repeat((byte)0x33, 5)];
        Assert.Equal(expected, s.Received);
    }

    [Fact]
    public void Overlap_OneSegmentOverManyRanges_FillsEveryHole()
    {
        using TcpScript s = TcpScript.Established();
        s.In("A 101:201 ack 1").In("A 301:401 ack 1").In("A 501:601 ack 1").Sent();
        Assert.Equal("A 1 ack 1 sack 51:701", s.In("A 51:701 ack 1").Sent());
        s.In("A 1:901 ack 1").Take();
        Assert.Equal(900, s.Received.Count);
        Assert.Equal("A 1 ack 901", s.Sent());
    }

    [Fact]
    public void Ranges_AtTheirLimit_TakeWhatTouchesOneAndRefuseTheRest()
    {
        using TcpScript s = TcpScript.Established();
        for (int i = 1; i <= Assembler.MaxRanges; i++)
        {
            s.In($"A {(i * 100) + 1}:{(i * 100) + 11} ack 1");
        }

        s.In("A 111:121 ack 1").In("A 291:301 ack 1").In("A 20001:20011 ack 1").Sent();
        s.In("A 1:20001 ack 1").Take();
        Assert.Equal(20_000, s.Received.Count);
        Assert.Equal("A 1 ack 20001", s.Sent());
    }

    [Fact]
    public void SequenceNumbers_WrapAround()
    {
        using TcpScript s = TcpScript.Established(ourIsn: uint.MaxValue - 1500, peerIsn: uint.MaxValue - 1500);
        s.In("A 1001:2001 ack 1").In("A 2001:3001 ack 1").In("A 1:1001 ack 1").Take();
        Assert.Equal(3000, s.Received.Count);
        Assert.Equal("A 1 ack 1 sack 1001:2001\nA 1 ack 1 sack 1001:3001\nA 1 ack 3001", s.Sent());
        s.Write(3000);
        Assert.Equal("A 1:1001 ack 3001\nA 1001:2001 ack 3001\nPA 2001:3001 ack 3001", s.Sent());
        s.In("A 3001 ack 1001 sack 2001:3001").In("A 3001 ack 3001");
        Assert.True(s.Connection.AllAcknowledged);
    }

    [Fact]
    public void BeyondTheWindow_IsCutOff()
    {
        using TcpScript s = TcpScript.Established(
            parameters: new TcpParameters { InitialReceiveWindow = 2000, MaxBuffer = 2000 });
        s.DirectLimit = 0;
        s.In("A 1:1001 ack 1").In("A 1001:2501 ack 1");
        Assert.Equal(2000, s.Connection.ReceiveBuffer.Length);
        Assert.Equal("A 1 ack 2001", s.Advance(25).Sent());
        Assert.Equal(0, s.OfferedWindow);
        Assert.Equal("A 1 ack 2001", s.In("A 9001:9101 ack 1").Sent());
        s.Take();
        Assert.Equal(2000, s.Received.Count);
    }

    [Fact]
    public void Fin_OutOfOrder_WaitsForTheHole()
    {
        using TcpScript s = TcpScript.Established();
        Assert.Equal("A 1 ack 1 sack 101:201", s.In("FA 101:201 ack 1").Sent());
        Assert.Equal(TcpState.Established, s.State);
        s.In("A 1:101 ack 1").Take();
        Assert.Equal(TcpState.CloseWait, s.State);
        Assert.Equal("A 1 ack 202", s.Sent());
        Assert.Equal(200, s.Received.Count);
    }

    [Fact]
    public void Fin_AloneAfterAGap_WaitsForTheHole()
    {
        using TcpScript s = TcpScript.Established();
        Assert.Equal("A 1 ack 1", s.In("FA 101 ack 1").Sent());
        s.In("A 1:101 ack 1").Advance(25);
        Assert.Equal(TcpState.CloseWait, s.State);
        Assert.Equal("A 1 ack 102", s.Sent());
    }

    [Fact]
    public void Fin_BelowDataThatHasArrived_IsNotBelieved()
    {
        using TcpScript s = TcpScript.Established();
        s.In("A 101:201 ack 1").In("FA 51 ack 1").In("A 1:101 ack 1").Take();
        Assert.Equal(TcpState.Established, s.State);
        s.In("FA 201 ack 1");
        Assert.Equal(TcpState.CloseWait, s.State);
    }

    [Fact]
    public void DataAfterFin_IsCutOff()
    {
        using TcpScript s = TcpScript.Established();
        s.In("FA 101 ack 1").In("A 1:201 ack 1").Take();
        Assert.Equal(TcpState.CloseWait, s.State);
        Assert.Equal(100, s.Received.Count);
        s.In("A 102:202 ack 1");
        Assert.Equal(100, s.Received.Count);
    }

    [Fact]
    public void Urgent_IsOrdinaryData()
    {
        using TcpScript s = TcpScript.Established();
        s.In("UPA 1:101 ack 1");
        Assert.Equal(100, s.Received.Count);
    }
}
