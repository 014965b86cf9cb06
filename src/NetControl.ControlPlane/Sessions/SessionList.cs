using NetControl.ControlPlane.Lists;
using NetControl.ControlPlane.Lists.Fields;
using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Sessions;

/// <summary>What sessions are listed, closed and followed by.</summary>
internal static class SessionList
{
    // What is so from a session's birth to its end: an event stream that looked at anything else would tell ends without beginnings.
    private static readonly ListField<SessionInfo>[] s_lasting =
    [
        new NameField<SessionInfo>("device", (in SessionInfo s) => s.Device),
        new NameField<SessionInfo>("delegate", (in SessionInfo s) => s.Egress?.DelegateName ?? ""),
        new NameField<SessionInfo>("proxy", (in SessionInfo s) => s.Egress?.ProxyName ?? ""),
        new NumberField<SessionInfo>("generation", (in SessionInfo s) => s.Egress?.Generation ?? 0),
        new WordField<SessionInfo>("protocol", "SESSION_PROTOCOL_", ["TCP", "UDP"], (in SessionInfo s) => s.Protocol == SessionProtocol.Tcp ? 0 : 1),
        new EndpointField<SessionInfo>("source", (in SessionInfo s) => s.Source),
        new NumberField<SessionInfo>("source.port", (in SessionInfo s) => s.Source.Port),
        new EndpointField<SessionInfo>("destination", (in SessionInfo s) => s.Destination),
        new NumberField<SessionInfo>("destination.port", (in SessionInfo s) => s.Destination.Port),
        new TimeField<SessionInfo>("open_time", (in SessionInfo s) => s.OpenedUtcTicks),
        new NameField<SessionInfo>("policy", (in SessionInfo s) => s.Rule?.Policy ?? ""),
        new TextField<SessionInfo>("policy_rule", (in SessionInfo s) => s.Rule?.Id ?? ""),
        new NumberField<SessionInfo>("policy_generation", (in SessionInfo s) => s.Rule?.Generation ?? 0),
    ];

    private static readonly ListGetter<SessionInfo, SortKey>[] s_oldestFirst =
        [(in SessionInfo s) => s.OpenedUtcTicks, (in SessionInfo s) => (long)s.Id];

    /// <summary>Sessions as they are now.</summary>
    public static readonly ListSchema<SessionInfo> Schema = new("sessions", s_oldestFirst,
    [
        .. s_lasting,
        new WordField<SessionInfo>("state", "STATE_", ["DIALING", "OPEN", "CLOSING", "CLOSED"], (in SessionInfo s) => (int)s.State),
        new AgeField<SessionInfo>("age", (in SessionInfo s) => s.OpenedUtcTicks),
        new DurationField<SessionInfo>("dial_duration", (in SessionInfo s) => s.DialDuration > TimeSpan.Zero ? s.DialDuration.Ticks : null),
        new NumberField<SessionInfo>("bytes_sent", (in SessionInfo s) => s.BytesSent),
        new NumberField<SessionInfo>("bytes_received", (in SessionInfo s) => s.BytesReceived),
        new NumberField<SessionInfo>("packets_sent", (in SessionInfo s) => s.PacketsSent),
        new NumberField<SessionInfo>("packets_received", (in SessionInfo s) => s.PacketsReceived),
    ]);

    /// <summary>Sessions over all of their life.</summary>
    public static readonly ListSchema<SessionInfo> Lasting = new("sessions that lasts as long as they do", s_oldestFirst, s_lasting);
}
