using System.Collections.Immutable;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Specs;
using NetControl.Network;

namespace NetControl.ControlPlane.State;

/// <summary>Everything that was wished, at one revision. A change makes the next one; nobody ever sees half of it.</summary>
internal sealed record ControlState
{
    public static readonly ControlState Empty = new();

    private static readonly ImmutableSortedSet<string> s_nobody = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    private static ImmutableSortedDictionary<string, T> None<T>() => ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal);

    public long Revision { get; init; }

    public ImmutableSortedDictionary<string, ProxyRecord> Proxies { get; init; } = None<ProxyRecord>();

    public ImmutableSortedDictionary<string, DelegateRecord> Delegates { get; init; } = None<DelegateRecord>();

    public ImmutableSortedDictionary<string, PolicyRecord> Policies { get; init; } = None<PolicyRecord>();

    public ImmutableSortedDictionary<string, DeviceRecord> Devices { get; init; } = None<DeviceRecord>();

    // Who names each resource, so that a view of one of thousands needs no look at the others.
    private ImmutableDictionary<string, ImmutableSortedSet<string>> Users { get; init; } =
        ImmutableDictionary.Create<string, ImmutableSortedSet<string>>(StringComparer.Ordinal);

    public ProxyRecord Proxy(string name) => Proxies.GetValueOrDefault(name) ?? throw ControlPlaneException.NotFound(name);

    public DelegateRecord Delegate(string name) => Delegates.GetValueOrDefault(name) ?? throw ControlPlaneException.NotFound(name);

    public DeviceRecord Device(string name) => Devices.GetValueOrDefault(name) ?? throw ControlPlaneException.NotFound(name);

    public PolicyRecord Policy(string name) => Policies.GetValueOrDefault(name) ?? throw ControlPlaneException.NotFound(name);

    /// <summary>Fails unless an attachment's target exists; empty is none.</summary>
    public void EnsureTarget(string target)
    {
        if (target.Length == 0)
        {
            return;
        }

        if (ResourceName.Is(target, ResourceName.Delegates))
        {
            Delegate(target);
        }
        else
        {
            Proxy(target);
        }
    }

    /// <summary>Whether a session that is born on this attachment has a way out.</summary>
    public bool Usable(string target) => ProxyOf(target).Length > 0;

    /// <summary>Whether a device's policy was removed by force.</summary>
    public bool IsPolicyMissing(DeviceRecord device) => device.Spec.Policy.Length > 0 && !Policies.ContainsKey(device.Spec.Policy);

    /// <summary>The resources that name this one, in the order of their names; it need not be there itself.</summary>
    public IReadOnlyList<string> UsersOf(string name) => Users.GetValueOrDefault(name, s_nobody);

    /// <summary>The devices that send sessions to a delegate, by attachment or by policy.</summary>
    public IEnumerable<string> DevicesOf(string delegateName) =>
        UsersOf(delegateName).SelectMany(user => Policies.ContainsKey(user) ? UsersOf(user) : [user]).Where(Devices.ContainsKey)
            .Distinct(StringComparer.Ordinal);

    /// <summary>The proxy behind a target; empty when there is none.</summary>
    public string ProxyOf(string target) =>
        Proxies.ContainsKey(target) ? target
        : Delegates.TryGetValue(target, out DelegateRecord? d) && Proxies.ContainsKey(d.Proxy) ? d.Proxy
        : "";

    /// <summary>What removals by force left: references to what is gone, whose and to what, empty for a delegate without a proxy.</summary>
    public IReadOnlySet<(string Owner, string Target)> DanglingReferences() =>
        Delegates.Values.Where(d => d.Proxy.Length == 0).Select(d => (d.Name, ""))
            .Concat(Policies.Values.SelectMany(p => p.Targets.Select(target => (p.Name, target))).Where(dangling => Find(dangling.target) is null))
            .Concat(Devices.Values.Select(d => (d.Name, d.Spec.Policy)).Where(dangling => Find(dangling.Policy) is null))
            .ToHashSet();

    /// <summary>The same with one resource put in, new or in the place of the one by its name.</summary>
    public ControlState With(ResourceRecord record)
    {
        ImmutableDictionary<string, ImmutableSortedSet<string>> users = Renamed(record.Name, Find(record.Name)?.References ?? [], record.References);
        return record switch
        {
            ProxyRecord proxy => this with { Proxies = Proxies.SetItem(proxy.Name, proxy), Users = users },
            DelegateRecord d => this with { Delegates = Delegates.SetItem(d.Name, d), Users = users },
            PolicyRecord policy => this with { Policies = Policies.SetItem(policy.Name, policy), Users = users },
            DeviceRecord device => this with { Devices = Devices.SetItem(device.Name, device), Users = users },
            _ => throw new InvalidOperationException($"{record.GetType().Name} is no resource"),
        };
    }

    /// <summary>The same without one resource.</summary>
    public ControlState Without(string name) =>
        this with
        {
            Proxies = Proxies.Remove(name),
            Delegates = Delegates.Remove(name),
            Policies = Policies.Remove(name),
            Devices = Devices.Remove(name),
            Users = Renamed(name, Find(name)?.References ?? [], []),
        };

    /// <summary>Any resource; null for one that is not there.</summary>
    public ResourceRecord? Find(string name) =>
        Proxies.GetValueOrDefault(name) ?? (ResourceRecord?)Delegates.GetValueOrDefault(name)
        ?? (ResourceRecord?)Policies.GetValueOrDefault(name) ?? Devices.GetValueOrDefault(name);

    /// <summary>The destinations that the kill switch guards.</summary>
    public IReadOnlySet<IpPrefix> Guarded() =>
        Devices.Values.Where(d => d.Spec.KillSwitch).SelectMany(d => d.Spec.Routes).Select(route => route.Network()).ToHashSet();

    public IEnumerable<ResourceRecord> All() => [.. Proxies.Values, .. Delegates.Values, .. Policies.Values, .. Devices.Values];

    // Who names what, once one resource names others than before.
    private ImmutableDictionary<string, ImmutableSortedSet<string>> Renamed(string user, IReadOnlyCollection<string> before, IReadOnlyCollection<string> after)
    {
        if (before.SequenceEqual(after, StringComparer.Ordinal))
        {
            return Users;
        }

        ImmutableDictionary<string, ImmutableSortedSet<string>>.Builder users = Users.ToBuilder();
        foreach (string name in before.Except(after, StringComparer.Ordinal))
        {
            ImmutableSortedSet<string> left = users[name].Remove(user);
            if (left.IsEmpty)
            {
                users.Remove(name);
            }
            else
            {
                users[name] = left;
            }
        }

        foreach (string name in after.Except(before, StringComparer.Ordinal))
        {
            users[name] = users.GetValueOrDefault(name, s_nobody).Add(user);
        }

        return users.ToImmutable();
    }
}
