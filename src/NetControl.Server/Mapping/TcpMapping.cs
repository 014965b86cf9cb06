using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Specs;
using NetControl.Engine.Devices;
using NetControl.Engine.Sessions;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Mapping;

/// <summary>TCP's settings and inner values between messages and the control plane's words.</summary>
internal static class TcpMapping
{
    public static KeepAliveSpec ToSpec(this V1.KeepAlive message) => new()
    {
        Disabled = message.Disabled,
        Idle = message.Idle.ToTimeSpanOrNull("device.keep_alive.idle"),
        Interval = message.Interval.ToTimeSpanOrNull("device.keep_alive.interval"),
        Probes = message.Probes,
    };

    public static V1.KeepAlive? ToMessage(this KeepAliveSpec spec)
    {
        V1.KeepAlive message = new()
        {
            Disabled = spec.Disabled,
            Idle = spec.Idle?.ToDuration(),
            Interval = spec.Interval?.ToDuration(),
            Probes = (uint)spec.Probes,
        };
        return message.CalculateSize() == 0 ? null : message; // nothing was asked for
    }

    public static V1.CongestionControl ToMessage(this CongestionControl control) =>
        control == CongestionControl.NewReno ? V1.CongestionControl.NewReno : V1.CongestionControl.Cubic;

    public static V1.TcpDetail ToMessage(this TcpSessionInfo tcp) => new()
    {
        State = tcp.State,
        SendMss = tcp.SendMss,
        CongestionWindow = tcp.CongestionWindow,
        BytesInFlight = tcp.BytesInFlight,
        SendWindow = tcp.SendWindow,
        ReceiveWindow = tcp.ReceiveWindow,
        SendQueueBytes = tcp.SendQueueBytes,
        ReceiveQueueBytes = tcp.ReceiveQueueBytes,
        SmoothedRtt = tcp.SmoothedRtt > TimeSpan.Zero ? tcp.SmoothedRtt.ToDuration() : null,
        RttVariation = tcp.SmoothedRtt > TimeSpan.Zero ? tcp.RttVariation.ToDuration() : null,
        RetransmissionTimeout = tcp.RetransmissionTimeout.ToDuration(),
        Retransmits = tcp.Retransmits,
        SlowStartThreshold = tcp.SlowStartThreshold,
        CongestionControl = tcp.CongestionControl.ToMessage(),
        Recovery = (V1.TcpDetail.Types.Recovery)((int)tcp.Recovery + 1), // one apart: a test holds it
        BufferBytes = tcp.BufferBytes,
    };
}
