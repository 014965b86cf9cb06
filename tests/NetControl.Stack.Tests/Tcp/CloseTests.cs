using NetControl.Stack.Tcp;
using NetControl.Testing.Tcp;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>Closing, RFC 9293 section 3.6.</summary>
public sealed class CloseTests
{
    [Fact]
    public void WeCloseFirst_TheConnectionEndsInTimeWait()
    {
        using TcpScript s = TcpScript.Established();
        Assert.Equal("FA 1 ack 1", s.Close().Sent());
        s.In("A 1 ack 2");
        Assert.Equal(TcpState.FinWait2, s.State);
        Assert.Equal("A 2 ack 2", s.In("FA 1 ack 2").Sent());
        Assert.Equal(TcpState.TimeWait, s.State);
        Assert.Equal(TcpEvents.PeerClosed | TcpEvents.Finished, s.Events());
        Assert.Null(s.NextDeadlineMillis);
        Assert.Equal("A 2 ack 2", s.In("FA 1 ack 2").Sent());
    }

    [Fact]
    public void FinAcknowledgedWithAFin_GoesStraightToTimeWait()
    {
        using TcpScript s = TcpScript.FinWait1();
        Assert.Equal("A 2 ack 2", s.In("FA 1 ack 2").Sent());
        Assert.Equal(TcpState.TimeWait, s.State);
        Assert.Equal(TcpEvents.PeerClosed | TcpEvents.Finished, s.Events());
    }

    [Fact]
    public void PeerClosesFirst_WeMaySendOn()
    {
        using TcpScript s = TcpScript.Established();
        s.In("FA 1 ack 1");
        Assert.Equal(TcpEvents.PeerClosed, s.Events());
        Assert.Equal("A 1:1001 ack 2\nPA 1001:2001 ack 2", s.Write(2000).Sent());
        s.In("A 2 ack 2001").Close();
        Assert.Equal("FA 2001 ack 2", s.Sent());
        Assert.Equal(TcpState.LastAck, s.State);
        s.Events();
        s.In("A 2 ack 2002");
        Assert.Equal(TcpState.Closed, s.State);
        Assert.Equal(TcpEvents.Finished, s.Events());
        Assert.Null(s.NextDeadlineMillis);
    }

    [Fact]
    public void WeCloseFirst_ThePeerMaySendOn()
    {
        using TcpScript s = TcpScript.FinWait2();
        Assert.Equal("A 2 ack 2001", s.InBatch("A 1:1001 ack 2", "A 1001:2001 ack 2").Sent());
        Assert.Equal("A 2 ack 2001 sack 3001:4001", s.In("A 3001:4001 ack 2").Sent());
        s.In("FA 2001:3001 ack 2").Take();
        Assert.Equal(4000, s.Received.Count);
        Assert.Equal(TcpState.FinWait2, s.State); // a FIN below what has arrived is not the end
        s.In("FA 4001 ack 2");
        Assert.Equal(TcpState.TimeWait, s.State);
    }

    [Fact]
    public void FinWait2_TakingBytesUpdatesTheWindow()
    {
        using TcpScript s = TcpScript.Established(parameters: new TcpParameters { InitialReceiveWindow = 8000, MaxBuffer = 8000 });
        s.DirectLimit = 0;
        s.Close().In("A 1 ack 2").In("A 1:8001 ack 2").Sent();
        Assert.Equal("A 2 ack 8001", s.Take().Sent());
        Assert.Equal(8000, s.OfferedWindow);
    }

    [Fact]
    public void SimultaneousClose_EndsInTimeWait()
    {
        using TcpScript s = TcpScript.FinWait1();
        Assert.Equal("A 2 ack 2", s.In("FA 1 ack 1").Sent());
        Assert.Equal(TcpState.Closing, s.State);
        s.Events();
        s.In("A 2 ack 2");
        Assert.Equal(TcpState.TimeWait, s.State);
        Assert.Equal(TcpEvents.Finished, s.Events());
    }

    [Fact]
    public void Closing_OurFinLost_IsRetransmitted()
    {
        using TcpScript s = TcpScript.Closing();
        Assert.Equal("FA 1 ack 2", s.Advance(200).Sent());
    }

    [Fact]
    public void LastAck_KeepsBytesThatTheOwnerHasNotTaken()
    {
        using TcpScript s = TcpScript.Established();
        s.DirectLimit = 0;
        s.In("FA 1:1001 ack 1").Close().In("A 1002 ack 2");
        Assert.Equal(TcpState.Closed, s.State);
        Assert.Equal(1000, s.Connection.ReceiveBuffer.Length);
        s.Take();
        Assert.Equal(1000, s.Received.Count);
        Assert.Equal(0, s.Pool.BytesInUse);
    }

    [Fact]
    public void TimeWait_Reset_IsIgnored()
    {
        using TcpScript s = TcpScript.FinWait2();
        s.DirectLimit = 0;
        s.In("FA 1:1001 ack 2").In("R 1002").Take();
        Assert.Equal(TcpState.TimeWait, s.State);
        Assert.Equal(1000, s.Received.Count);
    }

    [Fact]
    public void TimeWait_KeepsBytesThatTheOwnerHasNotTaken()
    {
        using TcpScript s = TcpScript.FinWait2();
        s.DirectLimit = 0;
        s.In("FA 1:1001 ack 2").Take();
        Assert.Equal(1000, s.Received.Count);
    }

    [Fact]
    public void Fin_IsRetransmittedUntilTheClientIsGivenUp()
    {
        using TcpScript s = TcpScript.Established().Advance(1_000_000);
        Assert.Equal("FA 1 ack 1", s.Close().Sent());
        Assert.Equal("FA 1 ack 1", s.Advance(200).Sent());
        Assert.Equal(TcpState.FinWait1, s.State);
        Assert.Equal("FA 1 ack 1", s.Advance(400).Sent());
        s.Advance(200_000);
        Assert.Equal(TcpEvents.TimedOut, s.Events());
    }

    [Fact]
    public void Fin_LostWithTheLastData_IsRetransmittedWithIt()
    {
        using TcpScript s = TcpScript.Established().Write(1500).Close();
        Assert.Equal("A 1:1001 ack 1\nPA 1001:1501 ack 1\nFA 1501 ack 1", s.Sent());
        Assert.Equal("A 1:1001 ack 1", s.Advance(200).Sent());
        Assert.Equal("FPA 1001:1501 ack 1", s.In("A 1 ack 1001").Sent());
        s.In("A 1 ack 1502");
        Assert.Equal(TcpState.FinWait2, s.State);
    }

    [Fact]
    public void FinWait2_ThePeerIsGone_EndsAfterUnansweredKeepAlives()
    {
        using TcpScript s = TcpScript.FinWait2();
        s.Advance(7_200_000);
        Assert.Equal("A 1 ack 1", s.Sent());
        s.In("A 1 ack 2").Advance(7_200_000 + (8 * 75_000));
        Assert.Equal(9, s.Sent().Split('\n').Length);
        Assert.Equal(TcpState.FinWait2, s.State);
        s.Advance(75_000);
        Assert.Equal(TcpEvents.TimedOut, s.Events());
        Assert.Null(s.NextDeadlineMillis);
    }

    [Fact]
    public void Established_Silence_IsAskedAboutOnlyAfterTheIdleTime()
    {
        using TcpScript s = TcpScript.Established();
        s.Advance(7_000_000).In("A 1:101 ack 1").Advance(7_000_000);
        Assert.Equal("A 1 ack 101", s.Sent());
        Assert.Equal("A 0 ack 101", s.Advance(200_000).Sent());
    }

    [Fact]
    public void CloseWait_FinAgain_IsAcknowledged()
    {
        using TcpScript s = TcpScript.CloseWait();
        Assert.Equal("A 1 ack 2", s.In("FA 1 ack 1").Sent());
        Assert.Equal(TcpEvents.None, s.Events());
    }

    [Fact]
    public void DataAfterThePeersFin_IsIgnored()
    {
        using TcpScript s = TcpScript.CloseWait();
        s.In("A 2:102 ack 1");
        Assert.Empty(s.Received);
        Assert.Equal("A 1 ack 2", s.Sent());
    }
}
