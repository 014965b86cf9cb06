using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Events;
using NetControl.ControlPlane.Sessions;
using NetControl.ControlPlane.Specs;
using NetControl.Engine.Sessions;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Mapping;

/// <summary>Sessions and their events between messages and the control plane's words.</summary>
internal static class SessionMapping
{
    private const int LongestError = 500;

    public static V1.Session ToMessage(in SessionInfo info)
    {
        V1.Session message = new()
        {
            Name = ResourceName.Session(info.Device, info.Id),
            Device = info.Device,
            Delegate = info.Egress?.DelegateName ?? "",
            Proxy = info.Egress?.ProxyName ?? "",
            Generation = info.Egress?.Generation ?? 0,
            Protocol = info.Protocol == SessionProtocol.Tcp ? V1.SessionProtocol.Tcp : V1.SessionProtocol.Udp,
            Source = info.Source.ToString(),
            Destination = info.Destination.ToString(),
            State = (V1.Session.Types.State)((int)info.State + 1),
            Cause = (V1.SessionCause)(int)info.Cause,
            OpenTime = ToTimestamp(info.OpenedUtcTicks),
            BytesSent = info.BytesSent,
            BytesReceived = info.BytesReceived,
            PacketsSent = info.PacketsSent,
            PacketsReceived = info.PacketsReceived,
            Policy = info.Rule?.Policy ?? "",
            PolicyRule = info.Rule?.Id ?? "",
            PolicyGeneration = info.Rule?.Generation ?? 0,
        };
        if (info.ClosedUtcTicks != 0)
        {
            message.CloseTime = ToTimestamp(info.ClosedUtcTicks);
        }

        if (info.DialDuration > TimeSpan.Zero)
        {
            message.DialDuration = info.DialDuration.ToDuration();
        }

        if (info.ConnectDuration > TimeSpan.Zero)
        {
            message.ConnectDuration = info.ConnectDuration.ToDuration();
        }

        if (info.FirstByteDuration > TimeSpan.Zero)
        {
            message.FirstByteDuration = info.FirstByteDuration.ToDuration();
        }

        if (info.DialError is { } error)
        {
            message.DialError = error.Length <= LongestError ? error : error[..LongestError];
        }

        return message;
    }

    public static V1.GetSessionResponse ToMessage(this SessionDetail detail) => new()
    {
        Session = ToMessage(detail.Info),
        Tcp = detail.Tcp?.ToMessage(),
    };

    public static V1.SessionEvent ToMessage(in SequencedEvent e) => e.Switch is { } made
        ? new V1.SessionEvent
        {
            Sequence = e.Sequence,
            Kind = V1.SessionEvent.Types.Kind.DelegateSwitched,
            DelegateSwitch = ToMessage(made),
        }
        : new V1.SessionEvent
        {
            Sequence = e.Sequence,
            Kind = (V1.SessionEvent.Types.Kind)((int)e.Event.Kind + 1),
            Session = ToMessage(e.Event.Info),
        };

    public static V1.Lost ToMessage(in LostRange lost) => new()
    {
        From = lost.From,
        To = lost.To,
        Count = lost.Count,
        Reason = lost.ByEngine ? V1.Lost.Types.Reason.Engine : V1.Lost.Types.Reason.SlowReader,
    };

    public static SessionFilter ToFilter(this V1.SessionFilter? message) => message is null
        ? SessionFilter.All
        : new SessionFilter(
            message.Devices,
            message.Delegates,
            message.Protocols
                .Where(protocol => protocol != V1.SessionProtocol.Unspecified)
                .Select(protocol => protocol == V1.SessionProtocol.Udp ? SessionProtocol.Udp : SessionProtocol.Tcp));

    private static V1.DelegateSwitch ToMessage(DelegateSwitch made) => new()
    {
        Delegate = made.Delegate,
        From = made.From,
        To = made.To,
        Reason = made.Reason?.ToMessage() ?? V1.Failover.Types.Reason.Unspecified,
        Message = made.Why,
        Generation = made.Generation,
        Time = made.Time.ToTimestamp(),
        Devices = { made.Devices },
    };

    private static Timestamp ToTimestamp(long utcTicks) => Timestamp.FromDateTime(new DateTime(utcTicks, DateTimeKind.Utc));
}
