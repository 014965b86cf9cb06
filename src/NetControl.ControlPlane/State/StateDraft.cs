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

    public bool Changed => !ReferenceEquals(Base, State);

    public ControlState Seal() => Changed ? State with { Revision = _revision } : State;

    public void Add(ProxyDraft draft, ProxySpec spec)
    {
        EnsureFree(draft.Name, State.Proxies.ContainsKey(draft.Name));
        ProxyRecord record = new()
        {
            Name = draft.Name,
            Uid = NewUid(),
            Revision = _revision,
            CreateTime = _now,
            UpdateTime = _now,
            Source = Source,
            Draft = draft,
            Spec = spec,
        };
        State = State with { Proxies = State.Proxies.Add(draft.Name, record) };
    }

    public void Add(DelegateSpec spec)
    {
        EnsureFree(spec.Name, State.Delegates.ContainsKey(spec.Name));
        EnsureProxies(spec);
        DelegateRecord record = new()
        {
            Name = spec.Name,
            Uid = NewUid(),
            Revision = _revision,
            CreateTime = _now,
            UpdateTime = _now,
            Source = Source,
            Proxy = spec.First,
            Proxies = spec.Proxies,
            Failover = spec.Failover,
        };
        State = State with { Delegates = State.Delegates.Add(spec.Name, record) };
    }

    public void Add(PolicyDraft draft, PolicySpec spec)
    {
        EnsureFree(draft.Name, State.Policies.ContainsKey(draft.Name));
        PolicyRecord record = new()
        {
            Name = draft.Name,
            Uid = NewUid(),
            Revision = _revision,
            CreateTime = _now,
            UpdateTime = _now,
            Source = Source,
            Draft = draft,
            Spec = spec,
        };
        EnsureTargets(record.Targets);
        State = State with { Policies = State.Policies.Add(draft.Name, record) };
    }

    public void Add(DeviceDraft draft, TunSpec spec)
    {
        EnsureFree(draft.Name, State.Devices.ContainsKey(draft.Name));
        EnsurePolicy(draft);
        State.EnsureTarget(draft.StreamDialer);
        State.EnsureTarget(draft.PacketProxy);
        DeviceRecord record = new()
        {
            Name = draft.Name,
            Uid = NewUid(),
            Revision = _revision,
            CreateTime = _now,
            UpdateTime = _now,
            Source = Source,
            Draft = Normalized(draft, spec),
            Spec = spec,
        };
        State = State with { Devices = State.Devices.Add(draft.Name, record) };
    }

    /// <summary>New settings; every delegate that points here takes them, and its generation grows.</summary>
    public void Change(string name, ProxyDraft draft, ProxySpec spec)
    {
        ProxyRecord old = State.Proxy(name);
        State = State with { Proxies = State.Proxies.SetItem(name, Touched(old) with { Draft = draft, Spec = spec }) };
        foreach (DelegateRecord user in State.Delegates.Values.Where(d => d.Proxy == name))
        {
            State = State with { Delegates = State.Delegates.SetItem(user.Name, Touched(user)) };
        }
    }

    /// <summary>Points a delegate at a proxy; the one it has counts as a swap too.</summary>
    public void Point(string name, string proxy)
    {
        DelegateRecord old = State.Delegate(name);
        State.Proxy(proxy);
        State = State with { Delegates = State.Delegates.SetItem(name, Touched(old) with { Proxy = proxy, Pinned = true }) };
    }

    /// <summary>New settings of a delegate. It goes on pointing where it points, unless it is told otherwise, or may not any more.</summary>
    public void Change(DelegateSpec spec)
    {
        DelegateRecord old = State.Delegate(spec.Name);
        EnsureProxies(spec);
        string proxy = Keeps(old, spec) ? old.Proxy : spec.First;
        if (proxy != old.Proxy || spec.Failover != old.Failover || !spec.Proxies.SequenceEqual(old.Proxies, StringComparer.Ordinal))
        {
            DelegateRecord changed = Touched(old) with { Proxy = proxy, Proxies = spec.Proxies, Failover = spec.Failover };
            State = State with { Delegates = State.Delegates.SetItem(spec.Name, proxy == old.Proxy ? changed : changed with { Pinned = false }) };
        }
    }

    /// <summary>A delegate leaves one proxy for another by itself.</summary>
    public void FailOver(string name, FailoverEvent made)
    {
        DelegateRecord old = State.Delegate(name);
        State.Proxy(made.To);
        State = State with
        {
            Delegates = State.Delegates.SetItem(name, Touched(old) with { Proxy = made.To, Pinned = false, LastFailover = made }),
        };
    }

    /// <summary>New rules; one that led to what is gone may stay.</summary>
    public void Change(string name, PolicyDraft draft, PolicySpec spec)
    {
        PolicyRecord old = State.Policy(name);
        PolicyRecord changed = Touched(old) with { Draft = draft, Spec = spec };
        EnsureTargets(changed.Targets.Except(old.Targets, StringComparer.Ordinal));
        State = State with { Policies = State.Policies.SetItem(name, changed) };
    }

    /// <summary>New settings of a device.</summary>
    public void Change(string name, DeviceDraft draft, TunSpec spec)
    {
        DeviceRecord old = State.Device(name);
        if (draft.Policy != old.Draft.Policy)
        {
            EnsurePolicy(draft);
        }

        State.EnsureTarget(draft.StreamDialer);
        State.EnsureTarget(draft.PacketProxy);
        State = State with { Devices = State.Devices.SetItem(name, Touched(old) with { Draft = Normalized(draft, spec), Spec = spec }) };
    }

    /// <summary>A draft in the one spelling of what it means, so that two that are alike can be told.</summary>
    public static DeviceDraft Normalized(DeviceDraft draft, TunSpec spec) => draft with
    {
        Interface = spec.Interface,
        Addresses = [.. spec.Addresses.Select(address => address.ToString())],
        Routes = [.. spec.Routes.Select(route => route.ToString())],
        ExcludedRoutes = [.. spec.ExcludedRoutes.Select(route => route.ToString())],
    };

    /// <summary>Begins or ends a device's draining; no change where it is so already.</summary>
    public void Drain(string name, bool draining)
    {
        DeviceRecord old = State.Device(name);
        if (old.Draining != draining)
        {
            State = State with { Devices = State.Devices.SetItem(name, Touched(old) with { Draining = draining }) };
        }
    }

    /// <summary>The configuration file declares it now, or no longer.</summary>
    public void Own(string name, ResourceSource source)
    {
        if (State.Find(name) is { } record && record.Source != source)
        {
            State = State.With(record with { Source = source });
        }
    }

    /// <summary>Makes resources what they were: the newcomers go, the others are as before, each in a new generation.</summary>
    public void TakeBack(IEnumerable<ResourceRecord> before, IEnumerable<string> added)
    {
        foreach (string name in added)
        {
            State = State.Without(name);
        }

        foreach (ResourceRecord record in before)
        {
            long generation = Math.Max(State.Find(record.Name)?.Generation ?? 0, record.Generation) + 1;
            State = State.With(record with { Generation = generation, Revision = _revision, UpdateTime = _now });
        }
    }

    /// <summary>Removes a proxy; who pointed there rejects from now on.</summary>
    public void RemoveProxy(string name)
    {
        State.Proxy(name);
        State = State with { Proxies = State.Proxies.Remove(name) };
        foreach (DelegateRecord user in State.Delegates.Values.Where(d => d.Candidates.Contains(name, StringComparer.Ordinal)))
        {
            State = State with { Delegates = State.Delegates.SetItem(user.Name, WithoutProxy(Touched(user), name)) };
        }

        DetachEverywhere(name);
    }

    /// <summary>Removes a delegate; devices that were attached to it reject from now on.</summary>
    public void RemoveDelegate(string name)
    {
        State.Delegate(name);
        State = State with { Delegates = State.Delegates.Remove(name) };
        DetachEverywhere(name);
    }

    /// <summary>Removes a policy. A device that it governed keeps the name: without its rules nothing may pass.</summary>
    public void RemovePolicy(string name)
    {
        State.Policy(name);
        State = State with { Policies = State.Policies.Remove(name) };
    }

    public void RemoveDevice(string name)
    {
        State.Device(name);
        State = State with { Devices = State.Devices.Remove(name) };
    }

    /// <summary>Fails unless the etag is empty or current.</summary>
    public static void CheckEtag(ResourceRecord record, string etag)
    {
        if (etag.Length > 0 && !string.Equals(etag, record.Etag, StringComparison.Ordinal))
        {
            throw new ControlPlaneException(
                ControlPlaneError.EtagMismatch,
                $"\"{record.Name}\" has changed: its etag is {record.Etag}, the request expects {etag}; read it again",
                record.Name,
                metadata: new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["current_etag"] = record.Etag,
                    ["expected_etag"] = etag,
                });
        }
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

    // Where it may go elsewhere by itself, a document says where it begins, and not where it has to be.
    private static bool Keeps(DelegateRecord old, DelegateSpec spec) =>
        (spec.Proxy.Length == 0 || (spec.Failover ?? FailoverSpec.Default).Mode != FailoverMode.Fixed)
        && spec.Proxies.Contains(old.Proxy, StringComparer.Ordinal);

    // One that may go elsewhere does; one that may not rejects.
    private static DelegateRecord WithoutProxy(DelegateRecord record, string proxy)
    {
        string[] left = [.. record.Proxies.Where(other => other != proxy)];
        return record with
        {
            Proxies = left,
            Proxy = record.Proxy != proxy ? record.Proxy
                : record.Judging.Mode != FailoverMode.Fixed && left.Length > 0 ? left[0]
                : "",
        };
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
            : record with { Revision = _revision, Generation = record.Generation + 1, UpdateTime = _now };

    private static string NewUid() => Guid.NewGuid().ToString();

    private static void EnsureFree(string name, bool taken)
    {
        if (taken)
        {
            throw new ControlPlaneException(ControlPlaneError.AlreadyExists, $"\"{name}\" exists already", name);
        }
    }
}
