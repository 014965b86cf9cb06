using NetControl.Engine.Devices;
using NetControl.Engine.Sessions;
using NetControl.Stack.Tcp;
using NetControl.Stack.Tcp.Congestion;

namespace NetControl.Engine.Flows;

/// <summary>Puts the TCP machine's values into the words of the public surface.</summary>
internal static class TcpDetail
{
    // "Arbitrarily high" (RFC 5681 section 3.1): no window is as large.
    private const long Unset = int.MaxValue;

    /// <summary>The public form of a snapshot.</summary>
    public static TcpSessionInfo From(in TcpSnapshot snapshot) => new()
    {
        State = Name(snapshot.State),
        SendMss = snapshot.SendMss,
        CongestionWindow = snapshot.CongestionWindow,
        BytesInFlight = snapshot.BytesInFlight,
        SendWindow = snapshot.SendWindow,
        ReceiveWindow = snapshot.ReceiveWindow,
        SendQueueBytes = snapshot.SendQueue,
        ReceiveQueueBytes = snapshot.ReceiveQueue,
        SmoothedRtt = TimeSpan.FromMicroseconds(snapshot.SmoothedRttMicros),
        RetransmissionTimeout = TimeSpan.FromMicroseconds(snapshot.RtoMicros),
        Retransmits = snapshot.Retransmits,
        RttVariation = TimeSpan.FromMicroseconds(snapshot.RttVariationMicros),
        SlowStartThreshold = snapshot.SlowStartThreshold >= Unset ? 0 : snapshot.SlowStartThreshold,
        CongestionControl = snapshot.CongestionControl == CongestionAlgorithm.NewReno ? CongestionControl.NewReno : CongestionControl.Cubic,
        Recovery = (LossRecovery)snapshot.Recovery, // the same values: a test holds it
        BufferBytes = snapshot.BufferBytes,
    };

    private static string Name(TcpState state) => state switch
    {
        TcpState.Closed => "CLOSED",
        TcpState.SynSent => "SYN-SENT",
        TcpState.SynReceived => "SYN-RECEIVED",
        TcpState.Established => "ESTABLISHED",
        TcpState.FinWait1 => "FIN-WAIT-1",
        TcpState.FinWait2 => "FIN-WAIT-2",
        TcpState.CloseWait => "CLOSE-WAIT",
        TcpState.Closing => "CLOSING",
        TcpState.LastAck => "LAST-ACK",
        _ => "TIME-WAIT",
    };
}
