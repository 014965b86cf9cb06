using System.Text.Json.Serialization;
using NetControl.ControlPlane.Specs;

namespace NetControl.ControlPlane.Storage;

/// <summary>How drafts are written as JSON, without reflection.</summary>
[JsonSourceGenerationOptions(
    UseStringEnumConverter = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ProxyDraft))]
[JsonSerializable(typeof(StoredDelegate))]
[JsonSerializable(typeof(PolicyDraft))]
[JsonSerializable(typeof(StoredDevice))]
[JsonSerializable(typeof(StoredPending))]
internal sealed partial class SpecJson : JsonSerializerContext;
