using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.State;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Storage;

/// <summary>Turns records into what the store holds, and back; what is read is validated like a request.</summary>
internal static class RecordCodec
{
    public static StoredResource Write(ResourceRecord record) => new(
        record.Name, record.Uid, record.Revision, record.Generation, record.Head.CreateTime, record.UpdateTime, record.Source.ToString(),
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
                throw new StorageException(StorageError.Corrupt,
                    $"the state file holds a \"{resource.Name}\" that is not valid: {e.Message}", e);
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
        ProxyDraft draft = Parsed(resource, SpecJson.Default.ProxyDraft);
        return new ProxyRecord
        {
            Head = Head(resource),
            Draft = draft,
            Spec = ViolationList.Validated(resource.Name, violations => ProxyValidator.Validate(draft, "", FieldNaming.Json, violations)),
        };
    }

    private static DelegateRecord ReadDelegate(StoredResource resource)
    {
        StoredDelegate stored = Parsed(resource, SpecJson.Default.StoredDelegate);
        return new DelegateRecord
        {
            Head = Head(resource),
            Proxy = stored.Proxy ?? "",
            Proxies = stored.Proxies ?? [],
            Failover = stored.Failover is null ? null
                : ViolationList.Validated(resource.Name,
                    violations => FailoverValidator.Validate(stored.Failover, "failover.", FieldNaming.Json, violations)),
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
        PolicyDraft draft = Parsed(resource, SpecJson.Default.PolicyDraft);
        return new PolicyRecord
        {
            Head = Head(resource),
            Draft = draft,
            Spec = ViolationList.Validated(resource.Name, violations => PolicyValidator.Validate(draft, "", FieldNaming.Json, violations)),
        };
    }

    private static DeviceRecord ReadDevice(StoredResource resource)
    {
        (DeviceDraft draft, bool draining) = Parsed(resource, SpecJson.Default.StoredDevice);
        return new DeviceRecord
        {
            Head = Head(resource),
            Draft = draft,
            Spec = ViolationList.Validated(resource.Name, violations => DeviceValidator.Validate(draft, "", FieldNaming.Json, violations)),
            Draining = draining,
        };
    }

    private static RecordHead Head(StoredResource resource) => new(resource.Name, resource.Uid, resource.Revision, resource.Generation,
        resource.CreateTime, resource.UpdateTime, Enum.Parse<ResourceSource>(resource.Source));

    private static T Parsed<T>(StoredResource resource, JsonTypeInfo<T> type) => JsonSerializer.Deserialize(resource.Spec, type)!;
}
