using NetControl.Server.Mapping;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Tests.Mapping;

/// <summary>Mappings that cast rely on the two enums having the same values: these tests are what makes the casts right.</summary>
public sealed class EnumMappingTests
{
    [Fact]
    public void Causes_HaveTheSameValues() =>
        Assert.Equal(
            Enum.GetValues<Engine.Sessions.SessionCause>().Skip(1).Select(c => ((int)c, c.ToString())),
            Enum.GetValues<V1.SessionCause>().Skip(1).Select(c => ((int)c, c.ToString())));

    [Fact]
    public void States_AreOneApart() =>
        Assert.Equal(
            Enum.GetValues<Engine.Sessions.SessionState>().Select(s => ((int)s + 1, s.ToString())),
            Enum.GetValues<V1.Session.Types.State>().Skip(1).Select(s => ((int)s, s.ToString())));

    [Fact]
    public void EventKinds_AreOneApart_AndDelegatesHaveTheirOwn() =>
        Assert.Equal(
            [.. Enum.GetValues<Engine.Sessions.SessionEventKind>().Select(k => ((int)k + 1, k.ToString())), (4, "DelegateSwitched")],
            Enum.GetValues<V1.SessionEvent.Types.Kind>().Skip(1).Select(k => ((int)k, k.ToString())));

    [Fact]
    public void Recoveries_AreOneApart_FromTheStackToTheMessage()
    {
        Assert.Equal(
            Enum.GetValues<Engine.Sessions.LossRecovery>().Select(r => ((int)r + 1, r.ToString())),
            Enum.GetValues<V1.TcpDetail.Types.Recovery>().Skip(1).Select(r => ((int)r, r.ToString())));
        Assert.Equal(
            Enum.GetValues<Engine.Sessions.LossRecovery>().Select(r => ((int)r, r.ToString())),
            Enum.GetValues<Stack.Tcp.TcpRecovery>().Select(r => ((int)r, r.ToString())));
    }

    [Fact]
    public void TcpDetail_TellsEveryInnerValue()
    {
        V1.TcpDetail message = new Engine.Sessions.TcpSessionInfo
        {
            State = "ESTABLISHED",
            SendMss = 1,
            CongestionWindow = 2,
            BytesInFlight = 3,
            SendWindow = 4,
            ReceiveWindow = 5,
            SendQueueBytes = 6,
            ReceiveQueueBytes = 7,
            SmoothedRtt = TimeSpan.FromSeconds(8),
            RttVariation = TimeSpan.FromSeconds(9),
            RetransmissionTimeout = TimeSpan.FromSeconds(10),
            Retransmits = 11,
            SlowStartThreshold = 12,
            CongestionControl = Engine.Devices.CongestionControl.NewReno,
            Recovery = Engine.Sessions.LossRecovery.Fast,
            BufferBytes = 13,
        }.ToMessage();
        Assert.Equal(
            "{ \"state\": \"ESTABLISHED\", \"sendMss\": 1, \"congestionWindow\": \"2\", \"bytesInFlight\": \"3\", \"sendWindow\": \"4\", "
            + "\"receiveWindow\": \"5\", \"sendQueueBytes\": \"6\", \"receiveQueueBytes\": \"7\", \"smoothedRtt\": \"8s\", "
            + "\"retransmissionTimeout\": \"10s\", \"retransmits\": \"11\", \"slowStartThreshold\": \"12\", \"rttVariation\": \"9s\", "
            + "\"congestionControl\": \"CONGESTION_CONTROL_NEW_RENO\", \"recovery\": \"RECOVERY_FAST\", \"bufferBytes\": \"13\" }",
            message.ToString());
    }

    [Theory]
    [InlineData("EtagMismatch", "ETAG_MISMATCH")]
    [InlineData("NotFound", "NOT_FOUND")]
    public void Words_BecomeReasons(string name, string reason) => Assert.Equal(reason, Words.UpperSnake(name));
}
