using NetControl.ControlPlane.Conditions;
using NetControl.ControlPlane.Dialers;
using NetControl.ControlPlane.Events;
using NetControl.ControlPlane.Health;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.State;
using NetControl.Engine;
using NetControl.Engine.Policies;

namespace NetControl.ControlPlane.Mutations;

/// <summary>The living sides of all resources, and the one step in which a transaction takes effect on them.</summary>
/// <remarks>
/// Lock rule: what is slow (dialers, the kernel, the disk) is done before or after, never under <see cref="Gate"/>; under it there are only
/// dictionary operations and the volatile writes that make a change take effect.
/// </remarks>
internal sealed class Runtimes
{
    private readonly Dictionary<string, ProxyWay> _proxies = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DelegateWay> _delegates = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PolicyWay> _policies = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DeviceSlot> _devices = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;

    public Runtimes(TimeProvider time)
    {
        _time = time;
    }

    /// <summary>Gets the delegates about which there is something to look at. On any thread, also under the gate; must be quick.</summary>
    public Action<string>? OnAttention { get; set; }

    /// <summary>Gets each switch of a delegate right before it takes effect. Under the gate; must be quick.</summary>
    public Action<DelegateSwitch>? OnSwitch { get; set; }

    public Lock Gate { get; } = new();

    public IReadOnlyDictionary<string, DeviceSlot> Devices => _devices;

    /// <summary>Since when the resources' conditions are as they are.</summary>
    public ConditionBook Conditions { get; } = new();

    /// <summary>Why the kill switch could not be armed when the process began; empty when it could.</summary>
    public string GuardFault { get; set; } = "";

    public bool IsDraining(string delegateName) => _delegates.TryGetValue(delegateName, out DelegateWay? way) && way.Draining > 0;

    public DelegateWay? Delegate(string name) => _delegates.GetValueOrDefault(name);

    public DeviceSlot? Device(string name) => _devices.GetValueOrDefault(name);

    /// <summary>What a proxy was built into; null for one that is not there.</summary>
    public ProxyRuntime? Proxy(string name) => _proxies.GetValueOrDefault(name)?.Runtime;

    public ProxyMeter NewMeter(string proxy) => new(proxy, _time);

    /// <summary>A policy's living side; null for one that is not there.</summary>
    public PolicyWay? PolicyWay(string name) => _policies.GetValueOrDefault(name);

    /// <summary>A policy as loops use it; null for one that is not there.</summary>
    public PolicyModel? Policy(string name) => _policies.GetValueOrDefault(name)?.Model;

    /// <summary>Makes a transaction take effect. Call under the gate.</summary>
    public void Publish(ControlState next, IReadOnlyList<RecordChange> changes, PreparedChange prepared)
    {
        foreach (RecordChange change in changes)
        {
            switch (change.Before ?? change.After)
            {
                case ProxyRecord:
                    PublishProxy(change, prepared, next);
                    break;
                case DelegateRecord:
                    PublishDelegate(change, next);
                    break;
                case DeviceRecord:
                    PublishDevice(change, prepared);
                    break;
            }
        }

        PublishPolicies(next, changes);

        // All of them: an egress may be another object under the same name.
        foreach (DeviceRecord record in next.Devices.Values)
        {
            Attach(record);
        }
    }

    /// <summary>Puts a device that was opened outside a transaction in its place. Call under the gate.</summary>
    public void Restore(DeviceRecord record, DeviceSlot slot)
    {
        _devices[record.Name] = slot;
        Attach(record);
    }

    /// <summary>Puts a device's attachments in force, where it is open. Call under the gate.</summary>
    public void Attach(DeviceRecord record)
    {
        if (_devices.GetValueOrDefault(record.Name) is { Device: { } device } slot)
        {
            device.AcceptImmediately = record.Spec.AcceptImmediately;
            // A policy that is gone by force lets nothing pass: what it refused must not find another way.
            PolicyModel? policy = record.Spec.Policy.Length > 0 ? Policy(record.Spec.Policy) : null;
            bool closed = record.Draining || slot.Ending || (record.Spec.Policy.Length > 0 && policy is null);
            Egress? streams = closed ? null : Resolve(record.Spec.StreamDialer);
            Egress? packets = closed ? null : Resolve(record.Spec.PacketProxy);

            // The narrower of old and new is in force between the writes: a policy comes before what it guards, and goes after it.
            if (policy is not null)
            {
                device.Policy = closed ? null : policy;
            }

            device.StreamEgress = streams;
            device.PacketEgress = packets;
            device.Policy = closed ? null : policy;
        }
    }

    private void PublishProxy(RecordChange change, PreparedChange prepared, ControlState next)
    {
        if (change.After is not ProxyRecord after)
        {
            _proxies.Remove(change.Name);
        }
        else if (prepared.Proxies.TryGetValue(after.Name, out ProxyRuntime? runtime))
        {
            if (change.Before?.Uid == after.Uid)
            {
                _proxies[after.Name].Replace(runtime);
            }
            else
            {
                _proxies[after.Name] = new ProxyWay(after.Name, runtime);
            }

            foreach (string user in next.UsersOf(after.Name))
            {
                if (_delegates.GetValueOrDefault(user)?.Judge is { } judge)
                {
                    judge.Forget(after.Name);
                    runtime.Meter.Add(judge);
                }
            }
        }
    }

    private void PublishDelegate(RecordChange change, ControlState next)
    {
        DelegateRecord? before = change.Before as DelegateRecord;
        DelegateWay? old = _delegates.GetValueOrDefault(change.Name);
        if (change.After is not DelegateRecord after)
        {
            _delegates.Remove(change.Name);
            Judge(before, null, old?.Judge);
        }
        else if (before?.Uid == after.Uid)
        {
            if (before.Generation != after.Generation)
            {
                OnSwitch?.Invoke(Switch(before, after, next));
                old!.Egress.Swap(Model(after));
            }

            Judge(before, after, old!.Judge);
        }
        else
        {
            Judge(before, null, old?.Judge);
            DelegateWay way = new(Model(after), new DelegateJudge(_time) { OnAttention = () => OnAttention?.Invoke(after.Name) });
            _delegates[after.Name] = way;
            Judge(null, after, way.Judge);
        }

        OnAttention?.Invoke(change.Name);
    }

    private static DelegateSwitch Switch(DelegateRecord before, DelegateRecord after, ControlState next)
    {
        FailoverEvent? made = after.LastFailover == before.LastFailover ? null : after.LastFailover;
        return new DelegateSwitch(
            after.Name, before.Proxy, after.Proxy, made?.Reason, made?.Why ?? "", after.Generation, made?.Time ?? after.UpdateTime,
            [.. next.DevicesOf(after.Name)]);
    }

    private void Judge(DelegateRecord? before, DelegateRecord? after, DelegateJudge? judge)
    {
        if (judge is null)
        {
            return;
        }

        string[] candidates = [.. after?.Candidates ?? []];
        foreach (string proxy in before?.Candidates.Except(candidates, StringComparer.Ordinal) ?? [])
        {
            Proxy(proxy)?.Meter.Remove(judge);
        }

        foreach (string proxy in candidates)
        {
            Proxy(proxy)?.Meter.Add(judge);
        }

        if (after is not null)
        {
            judge.Update(after.Judging, after.Proxies.Count > 0 ? after.Proxies : candidates, after.Proxy, after.Pinned);
        }
    }

    // Those that changed, and those with a rule that leads to an egress that is another object now, under the same name, or gone. A swap
    // is neither: it changes what the egress holds.
    private void PublishPolicies(ControlState next, IReadOnlyList<RecordChange> changes)
    {
        HashSet<string> stale = new(StringComparer.Ordinal);
        foreach (RecordChange change in changes)
        {
            if ((change.Before ?? change.After) is PolicyRecord)
            {
                stale.Add(change.Name);
            }
            else if (change.Before?.Uid != change.After?.Uid)
            {
                stale.UnionWith(next.UsersOf(change.Name).Where(user => ResourceName.Is(user, ResourceName.Policies)));
            }
        }

        foreach (string name in stale)
        {
            if (!next.Policies.TryGetValue(name, out PolicyRecord? record))
            {
                _policies.Remove(name);
                continue;
            }

            if (!_policies.TryGetValue(name, out PolicyWay? way))
            {
                _policies.Add(name, way = new PolicyWay());
            }

            way.Compile(record, Resolve);
        }
    }

    private void PublishDevice(RecordChange change, PreparedChange prepared)
    {
        if (change.After is null)
        {
            _devices.Remove(change.Name);
        }
        else if (prepared.Devices.TryGetValue(change.Name, out DeviceSlot? slot))
        {
            _devices[change.Name] = slot;
        }
    }

    private EgressModel Model(DelegateRecord record)
    {
        ProxyRuntime? runtime = Proxy(record.Proxy);
        return new EgressModel
        {
            DelegateName = record.Name,
            DelegateUid = record.Uid,
            ProxyName = record.Proxy,
            Generation = record.Generation,
            StreamDialer = runtime?.StreamDialer,
            PacketProxy = runtime?.PacketProxy,
        };
    }

    private Egress? Resolve(string target) =>
        target.Length == 0 ? null
        : ResourceName.Is(target, ResourceName.Delegates) ? _delegates.GetValueOrDefault(target)?.Egress
        : _proxies.GetValueOrDefault(target)?.Direct;
}
