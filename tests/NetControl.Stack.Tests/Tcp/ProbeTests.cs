using NetControl.Stack.Tcp;
using NetControl.Testing.Tcp;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>The peer's window closes (RFC 9293 3.8.6.1).</summary>
public sealed class ProbeTests
{
    private static TcpScript Stalled()
    {
        // Without SACK, where the answer to a probe looks like a duplicate acknowledgement.
        TcpScript s = TcpScript.Established(TcpScript.NoSackSyn).Write(10);
        s.Advance(1).In("A 1 ack 11 win 0").Write(3000).Settled(TcpState.Established);
        return s;
    }

    [Fact]
    public void ClosedWindow_IsProbedWithBackOff()
    {
        using TcpScript s = Stalled();
        List<double> times = [];
        for (int i = 0; i < 6; i++)
        {
            double wait = s.NextDeadlineMillis!.Value;
            times.Add(wait);
            Assert.Equal("A 11:12 ack 1", s.Advance(wait).Sent());
            Assert.Equal("", s.In("A 1 ack 11 win 0").Sent());
        }

        Assert.InRange(times[0], 100, 1000);
        Assert.All(times.Zip(times.Skip(1)), static p => Assert.Equal(2 * p.First, p.Second));
    }

    [Fact]
    public void ClosedWindow_ProbesStayAMinuteApartAtMost_AndLastForEver()
    {
        using TcpScript s = Stalled();
        for (int i = 0; i < 100; i++)
        {
            double wait = s.NextDeadlineMillis!.Value;
            Assert.InRange(wait, 1, 60_000);
            s.Advance(wait).In("A 1 ack 11 win 0");
        }

        Assert.Equal(TcpState.Established, s.State);
        Assert.Equal(10_000, s.Congestion.Window); // a probe's answer is no duplicate acknowledgement
    }

    [Fact]
    public void ClosedWindow_NobodyAnswers_GivesUp()
    {
        using TcpScript s = Stalled();
        s.Advance(300_000);
        Assert.Equal(TcpEvents.TimedOut, s.Events());
        Assert.Equal(0, s.Pool.BytesInUse);
    }

    [Fact]
    public void WindowUpdate_ReleasesTheRestAtOnce()
    {
        using TcpScript s = Stalled();
        s.In("A 1 ack 11 win 2000");
        Assert.Equal("A 11:1011 ack 1\nA 1011:2011 ack 1", s.Sent());
    }

    [Fact]
    public void WindowUpdateLost_TheNextProbeFindsTheWindowOpen()
    {
        using TcpScript s = Stalled();
        s.Advance(s.NextDeadlineMillis!.Value).Sent();
        s.In("A 1 ack 12 win 60000");
        Assert.Equal("A 12:1012 ack 1\nA 1012:2012 ack 1\nPA 2012:3011 ack 1", s.Sent());
        s.In("A 1 ack 3011");
        Assert.True(s.Connection.AllAcknowledged);
        Assert.Null(s.NextDeadlineMillis);
    }

    [Fact]
    public void ProbedByte_TakenWhileTheWindowStaysClosed_IsNotSentAgain()
    {
        using TcpScript s = Stalled();
        s.Advance(s.NextDeadlineMillis!.Value).Sent();
        s.In("A 1 ack 12 win 0");
        Assert.Equal("A 12:13 ack 1", s.Advance(s.NextDeadlineMillis!.Value).Sent());
    }

    [Fact]
    public void OpenWindow_WithDataInFlight_IsNotProbed()
    {
        // Every acknowledgement finds everything in flight acknowledged and more queued: for a moment that looks like a closed window.
        using TcpScript s = TcpScript.Established();
        s.Write(10_000);
        for (int i = 0; i < 20; i++)
        {
            s.Connection.SendBuffer.Append(Bytes((i + 1) * 10_000));
            s.Sent();
            s.In($"A 1 ack {((i + 1) * 10_000) + 1}");
            Assert.StartsWith($"A {((i + 1) * 10_000) + 1}:", s.Sent(), StringComparison.Ordinal);
            Assert.Equal("", s.Advance(100).Sent());
        }

        s.In("A 1 ack 210001");
        Assert.Null(s.NextDeadlineMillis);
    }

    [Fact]
    public void WindowTakenBack_WithDataInFlight_BecomesAProbe()
    {
        using TcpScript s = TcpScript.Established().Write(10).Advance(1).In("A 1 ack 11");
        s.Write(3000).In("A 1 ack 11 win 0").Sent();
        for (int i = 0; i < 60; i++)
        {
            s.Advance(10_000).In("A 1 ack 11 win 0");
        }

        Assert.Equal(TcpState.Established, s.State);
        s.In("A 1 ack 11 win 60000");
        s.In("A 1 ack 3011");
        Assert.True(s.Connection.AllAcknowledged);
    }

    [Fact]
    public void FinBehindAClosedWindow_IsProbedWith()
    {
        using TcpScript s = TcpScript.Established().Write(10).Advance(1);
        s.In("A 1 ack 11 win 0").Close().Sent();
        Assert.Equal(TcpState.Established, s.State);
        Assert.Equal("FA 11 ack 1", s.Advance(s.NextDeadlineMillis!.Value).Sent());

        // A strict peer does not take it while its window is closed; as long as it answers the connection stays (3.8.6.1).
        for (int i = 0; i < 60; i++)
        {
            s.Advance(10_000).In("A 1 ack 11 win 0");
        }

        Assert.Equal(TcpState.FinWait1, s.State);
        s.In("A 1 ack 12 win 100");
        Assert.Equal(TcpState.FinWait2, s.State);
    }

    private static byte[] Bytes(long offset)
    {
        byte[] bytes = new byte[10_000];
        Pattern.Fill(bytes, offset);
        return bytes;
    }
}
