using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Health;
using NetControl.ControlPlane.Specs;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Mapping;

/// <summary>How delegates choose, and what they think of their proxies, between messages and the control plane's words.</summary>
internal static class FailoverMapping
{
    /// <summary>Reads a policy. Durations that are none are violations of fields below the path.</summary>
    public static FailoverDraft? ToDraft(this V1.FailoverPolicy? message, string path) => message is null ? null : new FailoverDraft
    {
        Mode = message.Mode switch
        {
            V1.FailoverPolicy.Types.Mode.Unspecified => "",
            V1.FailoverPolicy.Types.Mode.Fixed => FailoverSpec.Word(FailoverMode.Fixed),
            V1.FailoverPolicy.Types.Mode.FirstHealthy => FailoverSpec.Word(FailoverMode.FirstHealthy),
            V1.FailoverPolicy.Types.Mode.LowestLatency => FailoverSpec.Word(FailoverMode.LowestLatency),
            _ => $"{(int)message.Mode}",
        },
        Failures = message.Failures,
        WindowFailures = message.WindowFailures,
        Window = message.Window,
        Successes = message.Successes,
        HoldDown = message.HoldDown.ToTimeSpanOrNull($"{path}.hold_down"),
        BackOff = message.BackOff.ToTimeSpanOrNull($"{path}.back_off"),
        MaxBackOff = message.MaxBackOff.ToTimeSpanOrNull($"{path}.max_back_off"),
        Probe = message.Probe is not { } probe ? null : new HealthProbeDraft
        {
            Target = probe.Target,
            Interval = probe.Interval.ToTimeSpanOrNull($"{path}.probe.interval"),
            Timeout = probe.Timeout.ToTimeSpanOrNull($"{path}.probe.timeout"),
            SkipStandby = probe.SkipStandby,
        },
    };

    public static V1.FailoverPolicy ToMessage(this FailoverSpec spec) => new()
    {
        Mode = spec.Mode switch
        {
            FailoverMode.Fixed => V1.FailoverPolicy.Types.Mode.Fixed,
            FailoverMode.LowestLatency => V1.FailoverPolicy.Types.Mode.LowestLatency,
            _ => V1.FailoverPolicy.Types.Mode.FirstHealthy,
        },
        Failures = (uint)spec.Failures,
        WindowFailures = (uint)spec.WindowFailures,
        Window = (uint)spec.Window,
        Successes = (uint)spec.Successes,
        HoldDown = spec.HoldDown.ToDuration(),
        BackOff = spec.BackOff.ToDuration(),
        MaxBackOff = spec.MaxBackOff.ToDuration(),
        Probe = spec.Probe is not { } probe ? null : new V1.HealthProbe
        {
            Target = probe.Target.ToString(),
            Interval = probe.Interval.ToDuration(),
            Timeout = probe.Timeout.ToDuration(),
            SkipStandby = probe.SkipStandby,
        },
    };

    public static V1.ProxyHealth ToMessage(this ProxyHealth health) => new()
    {
        Proxy = health.Proxy,
        State = health.Condition switch
        {
            ProxyCondition.Healthy => V1.ProxyHealth.Types.State.Healthy,
            ProxyCondition.Unhealthy => V1.ProxyHealth.Types.State.Unhealthy,
            _ => V1.ProxyHealth.Types.State.Unknown,
        },
        Reason = health.Reason,
        Since = health.Since.ToTimestamp(),
        LastErrorStage = health.LastErrorStage,
        LastError = health.LastError,
        LastErrorTime = health.LastErrorTime?.ToTimestamp(),
        LastOutcomeTime = health.LastOutcomeTime?.ToTimestamp(),
        Latency = health.Latency?.ToDuration(),
        ConsecutiveFailures = health.ConsecutiveFailures,
        ConsecutiveSuccesses = health.ConsecutiveSuccesses,
        RetryTime = health.RetryTime?.ToTimestamp(),
    };

    public static V1.Failover ToMessage(this FailoverEvent made) => new()
    {
        From = made.From,
        To = made.To,
        Reason = made.Reason.ToMessage(),
        Message = made.Why,
        Time = made.Time.ToTimestamp(),
    };

    public static V1.Failover.Types.Reason ToMessage(this SwitchReason reason) => reason switch
    {
        SwitchReason.Failures => V1.Failover.Types.Reason.Failures,
        SwitchReason.FailureRate => V1.Failover.Types.Reason.FailureRate,
        SwitchReason.Recovered => V1.Failover.Types.Reason.Recovered,
        _ => V1.Failover.Types.Reason.Faster,
    };
}
