using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;
using NetControl.Engine;
using NetControl.Engine.Captures;
using NetControl.Network;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Mapping;

/// <summary>Captures between messages and the engine's words.</summary>
internal static class CaptureMapping
{
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(24);
    private static readonly string[] s_reasons = Words.Labels<DropReason>();

    public static V1.CaptureCounters ToMessage(this CaptureTotals totals) => new()
    {
        Seen = totals.Seen,
        Matched = totals.Matched,
        Captured = totals.Captured,
        CapturedBytes = totals.CapturedBytes,
        Lost = totals.Lost,
    };

    /// <summary>What was asked for, or every violation at once.</summary>
    public static (CaptureOptions Options, TimeSpan? Duration) ToCapture(this V1.CaptureTrafficRequest request)
    {
        ViolationList violations = new();
        if (!ResourceName.Is(request.Device, ResourceName.Devices))
        {
            violations.Add("device", request.Device, "is not a device's name", "write devices/{device}", "INVALID_NAME");
        }

        CheckRange("snap_length", request.SnapLength, 0, CaptureOptions.MaxSnapLength, violations);
        CheckRange("max_packets", request.MaxPackets, 0, long.MaxValue, violations);
        CheckRange("max_bytes", request.MaxBytes, 0, long.MaxValue, violations);
        if (request.BufferBytes != 0)
        {
            CheckRange("buffer_bytes", request.BufferBytes, CaptureOptions.MinBufferBytes, CaptureOptions.MaxBufferBytes, violations);
        }

        TimeSpan? duration = request.MaxDuration.ToTimeSpanOrNull("max_duration");
        if (duration is { } time && (time <= TimeSpan.Zero || time > s_longest))
        {
            violations.AddOutOfRange("max_duration", time, "write more than 0s, up to 86400s, or leave it out");
        }

        CaptureFilter filter = ToFilter(request.Filter ?? new V1.CaptureFilter(), request.Device, violations);
        violations.ThrowIfAny(request.Device);
        CaptureOptions defaults = new();
        return (new CaptureOptions
        {
            Filter = filter,
            SnapLength = request.SnapLength == 0 ? defaults.SnapLength : (int)request.SnapLength,
            BufferBytes = request.BufferBytes == 0 ? defaults.BufferBytes : (int)request.BufferBytes,
            MaxPackets = request.MaxPackets,
            MaxBytes = request.MaxBytes,
        }, duration);
    }

    private static CaptureFilter ToFilter(V1.CaptureFilter message, string device, ViolationList violations)
    {
        List<IpPrefix> networks = [];
        for (int i = 0; i < message.Networks.Count; i++)
        {
            if (IpPrefix.TryParse(message.Networks[i], out IpPrefix network))
            {
                networks.Add(network);
            }
            else
            {
                violations.Add($"filter.networks[{i}]", message.Networks[i], "is not a network", "write e.g. 198.18.0.0/15 or fd77::2");
            }
        }

        for (int i = 0; i < message.Ports.Count; i++)
        {
            CheckRange($"filter.ports[{i}]", message.Ports[i], 1, ushort.MaxValue, violations);
        }

        if (!Enum.IsDefined(message.Direction))
        {
            violations.Add("filter.direction", $"{(int)message.Direction}", "is not a direction this server knows",
                "write DIRECTION_FROM_APPLICATION or DIRECTION_TO_APPLICATION, or none for both", "UNKNOWN_ENUM_VALUE");
        }

        return new CaptureFilter
        {
            Protocols = ToProtocols(message, violations),
            Directions = message.Direction switch
            {
                V1.CaptureFilter.Types.Direction.FromApplication => CaptureDirections.FromApplication,
                V1.CaptureFilter.Types.Direction.ToApplication => CaptureDirections.ToApplication,
                _ => CaptureDirections.None,
            },
            Networks = networks,
            Ports = [.. message.Ports.Select(port => (ushort)port)],
            Session = ToSession(message.Session, device, violations),
            DroppedOnly = message.DroppedOnly,
            DropReasons = ToReasons(message, violations),
        };
    }

    private static CaptureProtocols ToProtocols(V1.CaptureFilter message, ViolationList violations)
    {
        CaptureProtocols protocols = CaptureProtocols.None;
        for (int i = 0; i < message.Protocols.Count; i++)
        {
            CaptureProtocols one = message.Protocols[i] switch
            {
                V1.CaptureFilter.Types.Protocol.Tcp => CaptureProtocols.Tcp,
                V1.CaptureFilter.Types.Protocol.Udp => CaptureProtocols.Udp,
                V1.CaptureFilter.Types.Protocol.Icmp => CaptureProtocols.Icmp,
                _ => CaptureProtocols.None,
            };
            protocols |= one;
            if (one == CaptureProtocols.None)
            {
                violations.Add($"filter.protocols[{i}]", $"{(int)message.Protocols[i]}", "is not a protocol that can be chosen",
                    "write PROTOCOL_TCP, PROTOCOL_UDP or PROTOCOL_ICMP, or none for all", "UNKNOWN_ENUM_VALUE");
            }
        }

        return protocols;
    }

    private static ulong? ToSession(string name, string device, ViolationList violations)
    {
        if (name.Length == 0)
        {
            return null;
        }

        if (ResourceName.TryParseSession(name, out string parent, out ulong id) && parent == device)
        {
            return id;
        }

        violations.Add("filter.session", name, $"is not a session of {device}", $"write {device}/sessions/{{session}}, as ListSessions gives it",
            "INVALID_NAME");
        return null;
    }

    private static List<DropReason> ToReasons(V1.CaptureFilter message, ViolationList violations)
    {
        List<DropReason> reasons = [];
        for (int i = 0; i < message.DropReasons.Count; i++)
        {
            int reason = Array.IndexOf(s_reasons, message.DropReasons[i]);
            if (reason > 0)
            {
                reasons.Add((DropReason)reason);
            }
            else
            {
                violations.Add($"filter.drop_reasons[{i}]", message.DropReasons[i], "is not a drop reason",
                    $"write one of {string.Join(", ", s_reasons.Skip(1))}");
            }
        }

        return reasons;
    }

    private static void CheckRange(string field, long value, long least, long most, ViolationList violations)
    {
        if (value < least || value > most)
        {
            violations.AddOutOfRange(field, $"{value}", most == long.MaxValue ? $"write {least} or more" : $"write {least} to {most}");
        }
    }
}
