using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Events;
using NetControl.ControlPlane.Sessions;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;
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

    /// <summary>The filter with its expression, or every violation at once.</summary>
    public static SessionFilter ToFilter(this V1.SessionFilter? message, DateTimeOffset now, bool lasting = false)
    {
        ViolationList violations = new();
        return message.ToFilter(violations).With(message?.Expression ?? "", now, lasting, violations.Items);
    }

    /// <summary>The filter without its expression. What names nothing that can be is a violation: it would choose no session, in silence.</summary>
    public static SessionFilter ToFilter(this V1.SessionFilter? message, ViolationList violations)
    {
        if (message is null)
        {
            return SessionFilter.All;
        }

        for (int i = 0; i < message.Devices.Count; i++)
        {
            if (!ResourceName.Is(message.Devices[i], ResourceName.Devices))
            {
                violations.Add($"filter.devices[{i}]", message.Devices[i], "is not the name of a device", "write e.g. devices/tun0", "INVALID_NAME");
            }
        }

        for (int i = 0; i < message.Delegates.Count; i++)
        {
            string name = message.Delegates[i];
            if (name.Length > 0 && !ResourceName.Is(name, ResourceName.Delegates) && !ResourceName.Is(name, ResourceName.Proxies))
            {
                violations.Add($"filter.delegates[{i}]", name, "is neither the name of a delegate nor of a proxy", "write e.g. delegates/egress",
                    "INVALID_NAME");
            }
        }

        for (int i = 0; i < message.Protocols.Count; i++)
        {
            if (!System.Enum.IsDefined(message.Protocols[i]))
            {
                violations.Add($"filter.protocols[{i}]", $"{(int)message.Protocols[i]}", "is not a protocol this server knows",
                    "write SESSION_PROTOCOL_TCP or SESSION_PROTOCOL_UDP, or none for both", "UNKNOWN_ENUM_VALUE");
            }
        }

        // "Any" among them is any.
        return new SessionFilter(message.Devices, message.Delegates, message.Protocols.Contains(V1.SessionProtocol.Unspecified) ? []
            : message.Protocols.Select(protocol => protocol == V1.SessionProtocol.Udp ? SessionProtocol.Udp : SessionProtocol.Tcp));
    }

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
