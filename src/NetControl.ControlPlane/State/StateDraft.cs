using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Health;
using NetControl.ControlPlane.Specs;

namespace NetControl.ControlPlane.State;

/// <summary>The next state in the making. Every verb is a few calls on it; what follows from a change (a delegate's generation, a forced
/// removal's detachments) is done here, once for all of them.</summary>
/// <remarks>Pure: it asks nobody and may be thrown away.</remarks>
internal sealed class StateDraft
{
    private readonly DateTimeOffset _now;
    private readonly long _revision;
    private readonly HashSet<string> _touched = new(StringComparer.Ordinal);
    private bool _seen;

    public StateDraft(ControlState current, DateTimeOffset now)
    {
        Base = current;
        State = current;
        _now = now;
        _revision = current.Revision + 1;
    }

    public ControlState Base { get; }

    /// <summary>What it has become so far, still under the old revision.</summary>
    public ControlState State { get; private set; }

    /// <summary>Who declares what is made from now on.</summary>
    public ResourceSource Source { get; init; }

    /// <summary>What it changes so far, in the order in which a reader can follow: what is pointed at comes first.</summary>
    public IReadOnlyList<RecordChange> Changes() => RecordChange.Between(Base, State, _touched);

    /// <summary>The next state. Who declares what is bookkeeping that no reader sees: that alone makes no new revision.</summary>
    public ControlState Seal() => _seen ? State with { Revision = _revision } : State;

    public void Add(ProxyDraft draft, ProxySpec spec) => Put(new ProxyRecord { Head = Newcomer(draft.Name), Draft = draft, Spec = spec });

    public void Add(DelegateSpec spec)
    {
        RecordHead head = Newcomer(spec.Name);
        EnsureProxies(spec);
        Put(new DelegateRecord { Head = head, Proxy = spec.First, Proxies = spec.Proxies, Failover = spec.Failover });
    }

    public void Add(PolicyDraft draft, PolicySpec spec)
    {
        PolicyRecord record = new() { Head = Newcomer(draft.Name), Draft = draft, Spec = spec };
        EnsureTargets(record.Targets);
        Put(record);
    }

    public void Add(DeviceDraft draft, TunSpec spec)
    {
        RecordHead head = Newcomer(draft.Name);
        EnsurePolicy(draft);
        EnsureTargets([draft.StreamDialer, draft.PacketProxy]);
        Put(new DeviceRecord { Head = head, Draft = draft.Normalized(spec), Spec = spec });
    }

    /// <summary>New settings; every delegate that points here takes them, and its generation grows.</summary>
    public void Change(string name, ProxyDraft draft, ProxySpec spec)
    {
        ProxyRecord old = State.Proxy(name);
        Put(Touched(old) with { Draft = draft, Spec = spec });
        foreach (DelegateRecord user in DelegatesThatName(name).Where(d => d.Proxy == name))
        {
            Put(Touched(user));
        }
    }

    /// <summary>Points a delegate at a proxy; the one it has counts as a swap too.</summary>
    public void Point(string name, string proxy)
    {
        DelegateRecord old = State.Delegate(name);
        State.Proxy(proxy);
        Put(Touched(old) with { Proxy = proxy, Pinned = true });
    }

    /// <summary>New settings of a delegate. It goes on pointing where it points, unless it is told otherwise, or may not any more.</summary>
    public void Change(DelegateSpec spec)
    {
        DelegateRecord old = State.Delegate(spec.Name);
        EnsureProxies(spec);
        string proxy = old.Stays(spec) ? old.Proxy : spec.First;
        if (proxy != old.Proxy || spec.Failover != old.Failover || !spec.Proxies.SequenceEqual(old.Proxies, StringComparer.Ordinal))
        {
            Put(Touched(old) with
            {
                Proxy = proxy,
                Proxies = spec.Proxies,
                Failover = spec.Failover,
                Pinned = old.Pinned && proxy == old.Proxy,
            });
        }
    }

    /// <summary>A delegate leaves one proxy for another by itself.</summary>
    public void FailOver(string name, FailoverEvent made)
    {
        DelegateRecord old = State.Delegate(name);
        State.Proxy(made.To);
        Put(Touched(old) with { Proxy = made.To, Pinned = false, LastFailover = made });
    }

    /// <summary>New rules; one that led to what is gone may stay.</summary>
    public void Change(string name, PolicyDraft draft, PolicySpec spec)
    {
        PolicyRecord old = State.Policy(name);
        PolicyRecord changed = Touched(old) with { Draft = draft, Spec = spec };
        EnsureTargets(changed.Targets.Except(old.Targets, StringComparer.Ordinal));
        Put(changed);
    }

    /// <summary>New settings of a device.</summary>
    public void Change(string name, DeviceDraft draft, TunSpec spec)
    {
        DeviceRecord old = State.Device(name);
        if (draft.Policy != old.Draft.Policy)
        {
            EnsurePolicy(draft);
        }

        EnsureTargets([draft.StreamDialer, draft.PacketProxy]);
        Put(Touched(old) with { Draft = draft.Normalized(spec), Spec = spec });
    }

    /// <summary>Begins or ends a device's draining; no change where it is so already.</summary>
    public void Drain(string name, bool draining)
    {
        DeviceRecord old = State.Device(name);
        if (old.Draining != draining)
        {
            Put(Touched(old) with { Draining = draining });
        }
    }

    /// <summary>The configuration file declares it now, or no longer.</summary>
    public void Own(string name, ResourceSource source)
    {
        if (State.Find(name) is { } record && record.Source != source)
        {
            State = State.With(record with { Head = record.Head with { Source = source } });
            _touched.Add(name);
        }
    }

    /// <summary>Makes resources what they were: the newcomers go, the others are as before, each in a new generation.</summary>
    public void TakeBack(IEnumerable<ResourceRecord> before, IEnumerable<string> added)
    {
        foreach (string name in added)
        {
            Drop(name);
        }

        foreach (ResourceRecord record in before)
        {
            if (State.Find(record.Name)?.Revision == record.Revision)
            {
                Own(record.Name, record.Source);
                continue;
            }

            long generation = Math.Max(State.Find(record.Name)?.Generation ?? 0, record.Generation) + 1;
            Put(record with { Head = record.Head with { Generation = generation, Revision = _revision, UpdateTime = _now } });
        }
    }

    /// <summary>Removes a resource. Who pointed there rejects from now on; but a delegate that may choose chooses another proxy.</summary>
    /// <remarks>A device keeps the name of a policy that is gone: without its rules nothing may pass.</remarks>
    public void Remove(ResourceRecord record)
    {
        Drop(record.Name);
        foreach (DelegateRecord user in DelegatesThatName(record.Name))
        {
            Put(Touched(user).Without(record.Name));
        }

        DetachEverywhere(record.Name);
    }

    private void EnsureTargets(IEnumerable<string> targets)
    {
        foreach (string target in targets)
        {
            State.EnsureTarget(target);
        }
    }

    private void EnsureProxies(DelegateSpec spec)
    {
        foreach (string proxy in spec.Proxies.Append(spec.First).Where(name => name.Length > 0))
        {
            State.Proxy(proxy);
        }
    }

    private void EnsurePolicy(DeviceDraft draft)
    {
        if (draft.Policy.Length > 0)
        {
            State.Policy(draft.Policy);
        }
    }

    // A rule of a policy that leads to what is gone stays, and refuses: taking it out would let traffic pass another way.
    private void DetachEverywhere(string target)
    {
        foreach (DeviceRecord device in State.Devices.Values)
        {
            DeviceDraft draft = device.Draft;
            bool streams = draft.StreamDialer == target;
            bool packets = draft.PacketProxy == target;
            if (streams || packets)
            {
                string dialer = streams ? "" : draft.StreamDialer;
                string proxy = packets ? "" : draft.PacketProxy;
                Change(device.Name, draft with { StreamDialer = dialer, PacketProxy = proxy },
                    device.Spec with { StreamDialer = dialer, PacketProxy = proxy });
            }
        }
    }

    // However many steps one transaction takes, it is one change: the generation grows by one.
    private T Touched<T>(T record)
        where T : ResourceRecord =>
        record.Revision == _revision
            ? record
            : record with { Head = record.Head with { Revision = _revision, Generation = record.Generation + 1, UpdateTime = _now } };

    private IEnumerable<DelegateRecord> DelegatesThatName(string proxy) =>
        State.UsersOf(proxy).Select(user => State.Delegates.GetValueOrDefault(user)).OfType<DelegateRecord>();

    private void Put(ResourceRecord record)
    {
        State = State.With(record);
        _touched.Add(record.Name);
        _seen = true;
    }

    private void Drop(string name)
    {
        State = State.Without(name);
        _touched.Add(name);
        _seen = true;
    }

    private RecordHead Newcomer(string name) => State.Find(name) is null
        ? new RecordHead(name, Guid.NewGuid().ToString(), _revision, Generation: 1, CreateTime: _now, UpdateTime: _now, Source)
        : throw new ControlPlaneException(ControlPlaneError.AlreadyExists, $"\"{name}\" exists already", name);
}
