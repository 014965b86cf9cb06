using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Health;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.State;

namespace NetControl.ControlPlane.Conditions;

/// <summary>What is so about each kind of resource.</summary>
/// <remarks>Pure.</remarks>
internal static class ConditionRules
{
    /// <summary>The types of a proxy's conditions.</summary>
    public static readonly IReadOnlyList<string> ProxyTypes = ["InUse"];

    /// <summary>The types of a delegate's conditions.</summary>
    public static readonly IReadOnlyList<string> DelegateTypes = ["Ready", "Healthy", "Draining"];

    /// <summary>The types of a device's conditions.</summary>
    public static readonly IReadOnlyList<string> DeviceTypes = ["Ready", "Attached", "Degraded", "KillSwitchArmed"];

    public static IReadOnlyList<Condition> Of(ProxyRecord record, ControlState state) =>
        [state.UsersOf(record.Name).Count > 0 ? new Condition("InUse", true, "USED") : new Condition("InUse", false, "UNUSED")];

    public static IReadOnlyList<Condition> Of(DelegateRecord record, bool draining, ProxyHealth? current) =>
    [
        record.Proxy.Length > 0
            ? new Condition("Ready", true, "POINTS_AT_PROXY")
            : new Condition("Ready", false, "NO_PROXY", "its proxy was removed by force: new sessions are rejected until it is swapped"),
        draining
            ? new Condition("Draining", true, "OLDER_SESSIONS", "sessions of older generations end at a deadline")
            : new Condition("Draining", false, "NO_DEADLINE"),
        Healthy(record, current),
    ];

    public static IReadOnlyList<Condition> Of(DeviceRecord record, ControlState state, DevicePhase phase, DeviceSlot? slot, string guardFault)
    {
        List<Condition> conditions =
        [
            phase switch
            {
                DevicePhase.Ready => new Condition("Ready", true, "PASSES_TRAFFIC"),
                DevicePhase.Failed => new Condition("Ready", false, "NOT_OPEN", slot?.Fault?.Message ?? ""),
                DevicePhase.Draining => new Condition("Ready", false, "DRAINING", "new sessions are rejected until ResumeDevice"),
                DevicePhase.Blocked when state.IsPolicyMissing(record) =>
                    new Condition("Ready", false, "POLICY_MISSING", $"{record.Spec.Policy} was removed by force: every new session is rejected"),
                DevicePhase.Blocked => new Condition("Ready", false, "NO_PROXY", "no usable proxy is attached: every new session is rejected"),
                DevicePhase.Closing => new Condition("Ready", false, "CLOSING"),
                _ => new Condition("Ready", false, "STARTING"),
            },
            (state.Usable(record.Spec.StreamDialer), state.Usable(record.Spec.PacketProxy)) switch
            {
                (true, true) => new Condition("Attached", true, "STREAMS_AND_PACKETS"),
                (true, false) => new Condition("Attached", false, "NO_PACKET_PROXY", "UDP has no way out: new UDP sessions are rejected"),
                (false, true) => new Condition("Attached", false, "NO_STREAM_DIALER", "TCP has no way out: new TCP sessions are rejected"),
                _ => new Condition("Attached", false, "NOTHING_USABLE", "neither TCP nor UDP has a way out"),
            },
        ];
        if (slot?.Device is { } device)
        {
            conditions.Add(device.Status.Warnings is { Count: > 0 } warnings
                ? new Condition("Degraded", true, "WARNINGS", string.Join("; ", warnings))
                : new Condition("Degraded", false, "AS_WISHED"));
        }

        if (record.Spec.KillSwitch)
        {
            conditions.Add(guardFault.Length == 0
                ? new Condition("KillSwitchArmed", true, "ROUTES_GUARDED")
                : new Condition("KillSwitchArmed", false, "KERNEL_REFUSED", guardFault));
        }

        return conditions;
    }

    // What its judge thinks changes between transactions; a transaction is when it may have begun to be about another proxy.
    private static Condition Healthy(DelegateRecord record, ProxyHealth? current)
    {
        if (record.Proxy.Length == 0)
        {
            return new Condition("Healthy", false, "NO_PROXY", "it points at no proxy");
        }

        if (current is null)
        {
            return new Condition("Healthy", null, "NOTHING_HEARD", $"nothing has been heard of {record.Proxy} yet");
        }

        (bool? holds, string reason) = current.Condition switch
        {
            ProxyCondition.Healthy => ((bool?)true, "PROXY_WORKS"),
            ProxyCondition.Unhealthy => (false, "PROXY_FAILS"),
            _ => (null, "NOTHING_HEARD"),
        };
        return new Condition("Healthy", holds, reason, $"{record.Proxy}: {current.Reason}",
            current.Since > record.UpdateTime ? current.Since : record.UpdateTime);
    }
}
