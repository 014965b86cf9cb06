using NetControl.Stack.Tcp;
using NetControl.Testing.Tcp;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>Resets, and what blind attackers may not do: RFC 9293 3.10.7.4, RFC 5961.</summary>
public sealed class ResetTests
{
    public static TheoryData<string> States => ["SynReceived", "Established", "FinWait1", "FinWait2", "CloseWait", "Closing", "LastAck"];

    public static TcpScript Make(string state) => state switch
    {
        "SynHeld" => TcpScript.SynHeld(),
        "SynSent" => TcpScript.SynSent(),
        "SynReceived" => TcpScript.SynReceived(),
        "Established" => TcpScript.Established(),
        "FinWait1" => TcpScript.FinWait1(),
        "FinWait2" => TcpScript.FinWait2(),
        "CloseWait" => TcpScript.CloseWait(),
        "Closing" => TcpScript.Closing(),
        "LastAck" => TcpScript.LastAck(),
        "TimeWait" => TcpScript.TimeWait(),
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    [Theory]
    [MemberData(nameof(States))]
    public void Reset_WithTheExactNumber_Closes(string state)
    {
        using TcpScript s = Make(state);
        int next = (int)(s.Connection.ReceiveNext - s.PeerIsn);
        s.In($"R {next}");
        Assert.Equal(TcpEvents.Reset, s.Events());
        Assert.Equal(TcpState.Closed, s.State);
        Assert.Equal("", s.Sent());
        Assert.Null(s.NextDeadlineMillis);
    }

    [Theory]
    [MemberData(nameof(States))]
    public void Reset_ElsewhereInTheWindow_IsChallenged(string state)
    {
        using TcpScript s = Make(state);
        TcpState before = s.State;
        int next = (int)(s.Connection.ReceiveNext - s.PeerIsn);
        s.In($"R {next + 1}");
        Assert.StartsWith("A ", s.Sent(), StringComparison.Ordinal);
        Assert.Equal(before, s.State);
    }

    [Theory]
    [MemberData(nameof(States))]
    public void Reset_OutsideTheWindow_IsDropped(string state)
    {
        using TcpScript s = Make(state);
        TcpState before = s.State;
        int next = (int)(s.Connection.ReceiveNext - s.PeerIsn);
        s.In($"R {next + 2_000_000}").In($"R {next + 4_294_967_295L}");
        Assert.Equal("", s.Sent());
        Assert.Equal(before, s.State);
    }

    [Theory]
    [MemberData(nameof(States))]
    public void Syn_InTheWindow_IsChallenged(string state)
    {
        using TcpScript s = Make(state);
        TcpState before = s.State;
        if (before == TcpState.SynReceived)
        {
            return; // not synchronized yet: RFC 9293 3.10.7.4 returns to LISTEN
        }

        int next = (int)(s.Connection.ReceiveNext - s.PeerIsn);
        s.In($"S {next} win 1000");
        Assert.StartsWith("A ", s.Sent(), StringComparison.Ordinal);
        Assert.Equal(before, s.State);
    }

    [Fact]
    public void Challenges_AreLimitedPerSecond()
    {
        using TcpScript s = TcpScript.Established();
        for (int i = 0; i < 50; i++)
        {
            s.In("R 100");
        }

        Assert.Equal(10, s.Sent().Split('\n').Length);
        Assert.Equal("A 1 ack 1", s.Advance(1001).In("R 100").Sent());
    }

    [Fact]
    public void Acknowledgement_OfWhatWasNeverSent_IsChallengedAndItsDataDropped()
    {
        using TcpScript s = TcpScript.Established();
        Assert.Equal("A 1 ack 1", s.In("PA 1:101 ack 2").Sent());
        Assert.Empty(s.Received);
        Assert.Equal("A 1 ack 1", s.In("PA 1:101 ack 4294900000").Sent());
        Assert.Empty(s.Received);
    }

    [Fact]
    public void Segment_WithoutAcknowledgement_IsDropped()
    {
        using TcpScript s = TcpScript.Established();
        Assert.Equal("", s.In("P 1:101").Sent());
        Assert.Empty(s.Received);
    }

    [Theory]
    [InlineData("SynReceived", "RA 1 ack 1")]
    [InlineData("Established", "RA 1 ack 1")]
    [InlineData("FinWait1", "RA 2 ack 1")]
    [InlineData("FinWait2", "RA 2 ack 1")]
    [InlineData("CloseWait", "RA 1 ack 2")]
    [InlineData("Closing", "RA 2 ack 2")]
    [InlineData("LastAck", "RA 2 ack 2")]
    [InlineData("SynSent", "")]
    [InlineData("TimeWait", "")]
    public void Abort_InEachState_SaysSoOnce(string state, string expected)
    {
        using TcpScript s = Make(state);
        s.Abort();
        Assert.Equal(expected, s.Sent());
        s.Flush().Abort();
        Assert.Equal("", s.Sent());
        Assert.Null(s.NextDeadlineMillis);
    }

    [Fact]
    public void Abort_WithDataInBothBuffers_ReturnsThem()
    {
        using TcpScript s = TcpScript.Established();
        s.DirectLimit = 0;
        s.Write(50_000).In("PA 1:1001 ack 1").In("PA 2001:3001 ack 1");
        Assert.True(s.Pool.BytesInUse > 0);
        s.Abort();
        Assert.Equal(0, s.Pool.BytesInUse);
    }

    [Fact]
    public void Drop_OfAnAbortThatWasNeverSent_ReturnsTheBuffersToo()
    {
        using TcpScript s = TcpScript.Established();
        s.Write(50_000);
        s.Connection.Abort();
        s.Connection.Drop();
        Assert.Equal(0, s.Pool.BytesInUse);
        s.Sent();
        Assert.Equal("", s.Flush().Sent());
    }

    [Fact]
    public void Reset_WithSynInTheHandshake_IsNoSyn()
    {
        using TcpScript s = TcpScript.SynReceived();
        Assert.Equal("", s.In("SR 0").Sent());
    }
}
