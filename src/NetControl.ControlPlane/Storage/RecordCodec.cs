using System.Text.Json;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.State;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Storage;

/// <summary>Turns records into what the store holds, and back; what is read is validated like a request.</summary>
internal static class RecordCodec
{
    public static StoredResource Write(ResourceRecord record) => new(
        record.Name, record.Uid, record.Revision, record.Generation, record.CreateTime, record.UpdateTime, record.Source.ToString(),
        record switch
        {
            ProxyRecord proxy => JsonSerializer.Serialize(proxy.Draft, SpecJson.Default.ProxyDraft),
            DelegateRecord d => JsonSerializer.Serialize(Stored(d), SpecJson.Default.StoredDelegate),
            PolicyRecord policy => JsonSerializer.Serialize(policy.Draft, SpecJson.Default.PolicyDraft),
            DeviceRecord device => JsonSerializer.Serialize(new StoredDevice(device.Draft, device.Draining), SpecJson.Default.StoredDevice),
            _ => throw new InvalidOperationException($"{record.GetType().Name} has no stored form"),
        });

    /// <summary>A device's draft in one comparable text: two that are alike wish for the same.</summary>
    public static string Text(DeviceDraft draft) => JsonSerializer.Serialize(new StoredDevice(draft, false), SpecJson.Default.StoredDevice);

    /// <exception cref="StorageException">The store holds what this version does not understand.</exception>
    public static ControlState Read(StoredState stored)
    {
        ControlState state = ControlState.Empty with { Revision = stored.Revision };
        foreach (StoredResource resource in stored.Resources)
        {
            try
            {
                state = state.With(Read(resource));
            }
            catch (Exception e) when (e is JsonException or Errors.ControlPlaneException or ArgumentException)
            {
                throw new StorageException(StorageError.Corrupt, $"the state file holds a \"{resource.Name}\" that is not valid: {e.Message}", e);
            }
        }

        return state;
    }

    /// <summary>Reads resources that were written before.</summary>
    public static IReadOnlyList<ResourceRecord> ReadAll(IEnumerable<StoredResource> stored) => [.. stored.Select(Read)];

    private static ResourceRecord Read(StoredResource resource) =>
        ResourceName.Is(resource.Name, ResourceName.Proxies) ? ReadProxy(resource)
        : ResourceName.Is(resource.Name, ResourceName.Delegates) ? ReadDelegate(resource)
        : ResourceName.Is(resource.Name, ResourceName.Policies) ? ReadPolicy(resource)
        : ReadDevice(resource);


    private static ProxyRecord ReadProxy(StoredResource resource)
    {
        ProxyDraft draft = JsonSerializer.Deserialize(resource.Spec, SpecJson.Default.ProxyDraft)!;
        ViolationList violations = new();
        ProxySpec? spec = ProxyValidator.Validate(draft, "", FieldNaming.Json, violations);
        violations.ThrowIfAny(resource.Name);
        return new ProxyRecord
        {
            Name = resource.Name,
            Uid = resource.Uid,
            Revision = resource.Revision,
            Generation = resource.Generation,
            CreateTime = resource.CreateTime,
            UpdateTime = resource.UpdateTime,
            Source = Enum.Parse<ResourceSource>(resource.Source),
            Draft = draft,
            Spec = spec!,
        };
    }

    private static DelegateRecord ReadDelegate(StoredResource resource)
    {
        StoredDelegate stored = JsonSerializer.Deserialize(resource.Spec, SpecJson.Default.StoredDelegate)!;
        ViolationList violations = new();
        FailoverSpec? failover = stored.Failover is null ? null
            : FailoverValidator.Validate(stored.Failover, "failover.", FieldNaming.Json, violations);
        violations.ThrowIfAny(resource.Name);
        return new DelegateRecord
        {
            Name = resource.Name,
            Uid = resource.Uid,
            Revision = resource.Revision,
            Generation = resource.Generation,
            CreateTime = resource.CreateTime,
            UpdateTime = resource.UpdateTime,
            Source = Enum.Parse<ResourceSource>(resource.Source),
            Proxy = stored.Proxy ?? "",
            Proxies = stored.Proxies ?? [],
            Failover = failover,
            Pinned = stored.Pinned,
            LastFailover = stored.LastFailover,
        };
    }

    private static StoredDelegate Stored(DelegateRecord record) => new(record.Name, record.Proxy)
    {
        Proxies = record.Proxies.Count == 0 ? null : record.Proxies,
        Failover = record.Failover?.ToDraft(),
        Pinned = record.Pinned,
        LastFailover = record.LastFailover,
    };

    private static PolicyRecord ReadPolicy(StoredResource resource)
    {
        PolicyDraft draft = JsonSerializer.Deserialize(resource.Spec, SpecJson.Default.PolicyDraft)!;
        ViolationList violations = new();
        PolicySpec? spec = PolicyValidator.Validate(draft, "", FieldNaming.Json, violations);
        violations.ThrowIfAny(resource.Name);
        return new PolicyRecord
        {
            Name = resource.Name,
            Uid = resource.Uid,
            Revision = resource.Revision,
            Generation = resource.Generation,
            CreateTime = resource.CreateTime,
            UpdateTime = resource.UpdateTime,
            Source = Enum.Parse<ResourceSource>(resource.Source),
            Draft = draft,
            Spec = spec!,
        };
    }

    private static DeviceRecord ReadDevice(StoredResource resource)
    {
        StoredDevice stored = JsonSerializer.Deserialize(resource.Spec, SpecJson.Default.StoredDevice)!;
        ViolationList violations = new();
        TunSpec? spec = DeviceValidator.Validate(stored.Draft, "", FieldNaming.Json, violations);
        violations.ThrowIfAny(resource.Name);
        return new DeviceRecord
        {
            Name = resource.Name,
            Uid = resource.Uid,
            Revision = resource.Revision,
            Generation = resource.Generation,
            CreateTime = resource.CreateTime,
            UpdateTime = resource.UpdateTime,
            Source = Enum.Parse<ResourceSource>(resource.Source),
            Draft = stored.Draft,
            Spec = spec!,
            Draining = stored.Draining,
        };
    }
}
