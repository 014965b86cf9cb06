using NetControl.ControlPlane.Conditions;
using NetControl.ControlPlane.Delegates;
using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Health;
using NetControl.ControlPlane.Policies;
using NetControl.ControlPlane.Proxies;
using NetControl.ControlPlane.State;

namespace NetControl.ControlPlane.Mutations;

/// <summary>Resources as reads give them: a state, and what its resources are doing.</summary>
/// <remarks>Lifetime: make one under the gate, use it there.</remarks>
internal readonly struct StateView
{
    private readonly Runtimes _runtimes;
    private readonly PreparedChange _prepared;
    private readonly DateTimeOffset? _now;

    /// <param name="state">The state.</param>
    /// <param name="runtimes">What its resources are doing.</param>
    /// <param name="prepared">What they will be doing, where that is another thing.</param>
    /// <param name="now">Set where something has just come true: conditions that are new hold since then.</param>
    public StateView(ControlState state, Runtimes runtimes, PreparedChange prepared, DateTimeOffset? now = null)
    {
        _now = now;
        State = state;
        _runtimes = runtimes;
        _prepared = prepared;
    }

    public ControlState State { get; }

    public DelegateView Delegate(string name) => View(State.Delegate(name));

    public DeviceView Device(string name) => View(State.Device(name));

    /// <summary>How many sessions live on a delegate.</summary>
    public long LiveSessions(string name) => _runtimes.Delegate(name)?.Egress.LiveSessions ?? 0;

    public ProxyView View(ProxyRecord record) =>
        new(record.Meta, record.Spec.Chain.Redacted, record.Spec.UdpIdleTimeout, State.UsersOf(record.Name),
            Since(record, ConditionRules.Of(record, State)))
        {
            Chain = record.Spec.Chain,
            NoPacketsReason = (_prepared.Proxies.GetValueOrDefault(record.Name) ?? _runtimes.Proxy(record.Name))?.NoPacketsReason,
        };

    public DelegateView View(DelegateRecord record)
    {
        bool draining = _runtimes.IsDraining(record.Name);
        IReadOnlyList<ProxyHealth> health = _runtimes.Delegate(record.Name)?.Judge.View() ?? [];
        return new DelegateView(record.Meta, record.Proxy, draining, State.UsersOf(record.Name),
            Since(record, ConditionRules.Of(record, draining, health.FirstOrDefault(h => h.Proxy == record.Proxy))))
        {
            Proxies = record.Proxies,
            Failover = record.Failover,
            Health = health,
            LastFailover = record.LastFailover,
        };
    }

    public PolicyView View(PolicyRecord record)
    {
        PolicyWay? way = _runtimes.PolicyWay(record.Name);
        return new PolicyView(
            record.Meta,
            record.Spec,
            [.. record.Spec.Rules.Select(rule => way?.HitCount(rule.Id) ?? 0), way?.HitCount("") ?? 0],
            State.UsersOf(record.Name));
    }

    public DeviceView View(DeviceRecord record)
    {
        DeviceSlot? slot = _prepared.Devices.GetValueOrDefault(record.Name) ?? _runtimes.Device(record.Name);
        DevicePhase phase = slot switch
        {
            { Closing: true } => DevicePhase.Closing,
            { Fault: not null } => DevicePhase.Failed,
            null => DevicePhase.Starting,
            { Ending: true } => DevicePhase.Draining,
            _ when record.Draining => DevicePhase.Draining,
            _ when State.IsPolicyMissing(record) => DevicePhase.Blocked,
            _ => State.Usable(record.Spec.StreamDialer) || State.Usable(record.Spec.PacketProxy) ? DevicePhase.Ready : DevicePhase.Blocked,
        };
        return new DeviceView(record.Meta, record.Spec, phase, slot?.Device?.Status, slot?.Fault?.Message ?? "",
            Since(record, ConditionRules.Of(record, State, phase, slot, _runtimes.GuardFault)));
    }

    private IReadOnlyList<Condition> Since(ResourceRecord record, IReadOnlyList<Condition> conditions) => _now is { } now
        ? _runtimes.Conditions.Note(record.Uid, conditions, now)
        : _runtimes.Conditions.Read(record.Uid, conditions, record.UpdateTime);

    /// <summary>Any resource; null for one that is not there.</summary>
    public object? Any(string name) => State.Find(name) is { } record ? View(record) : null;

    public object View(ResourceRecord record) => record switch
    {
        ProxyRecord proxy => View(proxy),
        DelegateRecord d => View(d),
        PolicyRecord policy => View(policy),
        DeviceRecord device => View(device),
        _ => throw new InvalidOperationException($"{record.GetType().Name} has no view"),
    };
}
