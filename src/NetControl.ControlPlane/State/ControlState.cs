using System.Collections.Immutable;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Specs;
using NetControl.Network;

namespace NetControl.ControlPlane.State;

/// <summary>Everything that was wished, at one revision. A change makes the next one; nobody ever sees half of it.</summary>
internal sealed record ControlState
{
    public static readonly ControlState Empty = new();

    private static ImmutableSortedDictionary<string, T> None<T>() => ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal);

    public long Revision { get; init; }

    public ImmutableSortedDictionary<string, ProxyRecord> Proxies { get; init; } = None<ProxyRecord>();

    public ImmutableSortedDictionary<string, DelegateRecord> Delegates { get; init; } = None<DelegateRecord>();

    public ImmutableSortedDictionary<string, PolicyRecord> Policies { get; init; } = None<PolicyRecord>();

    public ImmutableSortedDictionary<string, DeviceRecord> Devices { get; init; } = None<DeviceRecord>();

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

    /// <summary>Who sends sessions to a delegate, or to a proxy directly.</summary>
    public IEnumerable<string> UsersOfTarget(string name) =>
        (from policy in Policies.Values where policy.Targets.Contains(name, StringComparer.Ordinal) select policy.Name)
        .Concat(from device in Devices.Values where device.Draft.StreamDialer == name || device.Draft.PacketProxy == name select device.Name);

    /// <summary>The devices that send sessions to a delegate, by attachment or by policy.</summary>
    public IEnumerable<string> DevicesOf(string delegateName) =>
        from device in Devices.Values
        where device.Draft.StreamDialer == delegateName || device.Draft.PacketProxy == delegateName
            || Policies.GetValueOrDefault(device.Draft.Policy)?.Targets.Contains(delegateName, StringComparer.Ordinal) == true
        select device.Name;

    public IEnumerable<string> UsersOfPolicy(string name) => from device in Devices.Values where device.Draft.Policy == name select device.Name;

    /// <summary>The proxy behind a target; empty when there is none.</summary>
    public string ProxyOf(string target) =>
        Proxies.ContainsKey(target) ? target
        : Delegates.TryGetValue(target, out DelegateRecord? d) && Proxies.ContainsKey(d.Proxy) ? d.Proxy
        : "";

    public IEnumerable<string> UsersOfProxy(string name) =>
        (from d in Delegates.Values where d.Candidates.Contains(name, StringComparer.Ordinal) select d.Name).Concat(UsersOfTarget(name));

    /// <summary>Whose references a removal would leave without what they point at. A device has none.</summary>
    public IEnumerable<string> UsersOf(ResourceRecord record) => record switch
    {
        ProxyRecord => UsersOfProxy(record.Name),
        DelegateRecord => UsersOfTarget(record.Name),
        PolicyRecord => UsersOfPolicy(record.Name),
        _ => [],
    };

    /// <summary>What removals by force left: references to what is gone, whose and to what, empty for a delegate without a proxy.</summary>
    public IReadOnlySet<(string Owner, string Target)> Left() =>
        Delegates.Values.Where(d => d.Proxy.Length == 0).Select(d => (d.Name, ""))
            .Concat(Policies.Values.SelectMany(p => p.Targets.Select(target => (p.Name, target))).Where(left => Find(left.target) is null))
            .Concat(Devices.Values.Select(d => (d.Name, d.Spec.Policy)).Where(left => Find(left.Policy) is null))
            .ToHashSet();

    /// <summary>The same with one resource put in, new or in the place of the one by its name.</summary>
    public ControlState With(ResourceRecord record) => record switch
    {
        ProxyRecord proxy => this with { Proxies = Proxies.SetItem(proxy.Name, proxy) },
        DelegateRecord d => this with { Delegates = Delegates.SetItem(d.Name, d) },
        PolicyRecord policy => this with { Policies = Policies.SetItem(policy.Name, policy) },
        DeviceRecord device => this with { Devices = Devices.SetItem(device.Name, device) },
        _ => throw new InvalidOperationException($"{record.GetType().Name} is no resource"),
    };

    /// <summary>The same without one resource.</summary>
    public ControlState Without(string name) =>
        this with
        {
            Proxies = Proxies.Remove(name),
            Delegates = Delegates.Remove(name),
            Policies = Policies.Remove(name),
            Devices = Devices.Remove(name),
        };

    /// <summary>Any resource; null for one that is not there.</summary>
    public ResourceRecord? Find(string name) =>
        Proxies.GetValueOrDefault(name) ?? (ResourceRecord?)Delegates.GetValueOrDefault(name) ?? (ResourceRecord?)Policies.GetValueOrDefault(name) ?? Devices.GetValueOrDefault(name);

    /// <summary>The destinations that the kill switch guards.</summary>
    public IReadOnlySet<IpPrefix> Guarded() =>
        Devices.Values.Where(d => d.Spec.KillSwitch).SelectMany(d => d.Spec.Routes).Select(route => route.Network()).ToHashSet();

    public IEnumerable<ResourceRecord> All() => [.. Proxies.Values, .. Delegates.Values, .. Policies.Values, .. Devices.Values];
}
