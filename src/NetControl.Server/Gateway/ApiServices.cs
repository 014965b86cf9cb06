using NetControl.Protocol.V1;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace NetControl.Server.Gateway;

/// <summary>The services that are also served as JSON: all of netcontrol.v1.</summary>
/// <remarks>A test holds the list against the generated types; finding them by reflection is not for a native build.</remarks>
internal static class ApiServices
{
    public static readonly IReadOnlyList<ServiceDescriptor> All =
    [
        .. new[]
        {
            DeviceReflection.Descriptor,
            ProxyReflection.Descriptor,
            DelegateReflection.Descriptor,
            SessionReflection.Descriptor,
            PolicyReflection.Descriptor,
            ConfigurationReflection.Descriptor,
            DiagnosticsReflection.Descriptor,
            AuditReflection.Descriptor,
            InfoReflection.Descriptor,
        }.SelectMany(file => file.Services),
    ];
}
