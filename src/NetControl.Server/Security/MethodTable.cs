using System.Collections.Frozen;
using Google.Protobuf.Reflection;
using Grpc.Health.V1;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Security;

/// <summary>The one table of who may call what.</summary>
/// <remarks>
/// A test walks every method that the server maps and every one that the protos describe, and fails when one has no row. At run time a
/// method without one is for administrators only, and audited.
/// </remarks>
internal static class MethodTable
{
    private static readonly (string Service, Role Role, bool Audited, string[] Methods)[] s_rows =
    [
        ("grpc.health.v1.Health", Role.None, false, ["Check", "Watch", "List"]),
        ("grpc.reflection.v1alpha.ServerReflection", Role.Viewer, false, ["ServerReflectionInfo"]),
        ("grpc.reflection.v1.ServerReflection", Role.Viewer, false, ["ServerReflectionInfo"]),
        ("netcontrol.v1.InfoService", Role.Viewer, false, ["GetServerInfo"]),
        ("netcontrol.v1.DeviceService", Role.Viewer, false, ["GetDevice", "ListDevices"]),
        ("netcontrol.v1.DeviceService", Role.Operator, true,
            ["AttachPacketProxy", "AttachStreamDialer", "DetachPacketProxy", "DetachStreamDialer", "DrainDevice", "ResumeDevice"]),
        ("netcontrol.v1.DeviceService", Role.Admin, true, ["CreateDevice", "UpdateDevice", "DeleteDevice"]),
        ("netcontrol.v1.ProxyService", Role.Viewer, false, ["GetProxy", "ListProxies"]),
        ("netcontrol.v1.ProxyService", Role.Admin, true, ["CreateProxy", "UpdateProxy", "DeleteProxy"]),
        ("netcontrol.v1.DelegateService", Role.Viewer, false, ["GetDelegate", "ListDelegates"]),
        ("netcontrol.v1.DelegateService", Role.Operator, true, ["SwapDelegate"]),
        ("netcontrol.v1.DelegateService", Role.Admin, true, ["CreateDelegate", "UpdateDelegate", "DeleteDelegate"]),
        ("netcontrol.v1.SessionService", Role.Viewer, false, ["ListSessions", "GetSession", "GetAccounting", "StreamSessionEvents"]),
        ("netcontrol.v1.SessionService", Role.Operator, true, ["CloseSessions"]),
        ("netcontrol.v1.PolicyService", Role.Viewer, false, ["GetPolicy", "ListPolicies", "EvaluatePolicy"]),
        ("netcontrol.v1.PolicyService", Role.Admin, true, ["CreatePolicy", "UpdatePolicy", "DeletePolicy"]),
        ("netcontrol.v1.ConfigurationService", Role.Viewer, false, ["GetConfiguration", "WatchResources"]),
        ("netcontrol.v1.ConfigurationService", Role.Admin, true,
            ["ApplyConfiguration", "ConfirmConfiguration", "RevertConfiguration"]),
        ("netcontrol.v1.DiagnosticsService", Role.Viewer, false, ["DiagnoseRouting"]),
        ("netcontrol.v1.DiagnosticsService", Role.Operator, true, ["ProbeProxy"]),
        ("netcontrol.v1.DiagnosticsService", Role.Admin, true, ["CaptureTraffic"]),
        ("netcontrol.v1.AuditService", Role.Admin, true, ["StreamAuditRecords"]),
    ];

    private static readonly FrozenDictionary<string, MethodRule> s_rules = Build();

    /// <summary>Every row, by path: <c>/netcontrol.v1.DeviceService/GetDevice</c>.</summary>
    public static IReadOnlyDictionary<string, MethodRule> Rules => s_rules;

    /// <summary>The row of a method that the server serves.</summary>
    public static MethodRule Of(string path) => s_rules.TryGetValue(path, out MethodRule? rule) ? rule
        : new MethodRule("unknown", "unknown", Role.Admin, Audited: true);

    private static FrozenDictionary<string, MethodRule> Build()
    {
        FileDescriptor[] files =
        [
            HealthReflection.Descriptor, V1.InfoReflection.Descriptor, V1.DeviceReflection.Descriptor, V1.ProxyReflection.Descriptor,
            V1.DelegateReflection.Descriptor, V1.SessionReflection.Descriptor,
            V1.PolicyReflection.Descriptor, V1.ConfigurationReflection.Descriptor, V1.DiagnosticsReflection.Descriptor,
            V1.AuditReflection.Descriptor,
        ];
        Dictionary<string, MethodDescriptor> described = files.SelectMany(file => file.Services).SelectMany(service => service.Methods)
            .ToDictionary(method => $"/{method.Service.FullName}/{method.Name}", StringComparer.Ordinal);
        Dictionary<string, MethodRule> rules = new(StringComparer.Ordinal);
        foreach ((string service, Role role, bool audited, string[] methods) in s_rows)
        {
            foreach (string method in methods)
            {
                string path = $"/{service}/{method}";
                rules.Add(path, new MethodRule(service, method, role, audited) { Descriptor = described.GetValueOrDefault(path) });
            }
        }

        return rules.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
