using Grpc.Health.V1;
using Grpc.Reflection;
using NetControl.Server.Gateway;

namespace NetControl.Server.Services;

/// <summary>All services as one object: what <see cref="ApiMethods"/> binds to.</summary>
/// <remarks>Mapping each service by itself would make the framework's generics for each of them, at run time.</remarks>
internal sealed class ApiFacade(DeviceService devices, ProxyService proxies, DelegateService delegates, SessionService sessions,
    ConfigurationService configurations, PolicyService policies, DiagnosticsService diagnostics, AuditService audit, InfoService info,
    HealthService health)
{
    public DeviceService Devices => devices;

    public ProxyService Proxies => proxies;

    public DelegateService Delegates => delegates;

    public SessionService Sessions => sessions;

    public ConfigurationService Configurations => configurations;

    public PolicyService Policies => policies;

    public DiagnosticsService Diagnostics => diagnostics;

    public AuditService Audit => audit;

    public InfoService Info => info;

    public HealthService Health => health;

    /// <summary>Reflection, made when first asked: it closes over every file that the protos import.</summary>
    public ReflectionV1ServiceImpl Reflection => field ??= new ReflectionV1ServiceImpl(Described());

    /// <summary>Reflection under its former name, which most clients still ask first.</summary>
    public ReflectionServiceImpl ReflectionAlpha => field ??= new ReflectionServiceImpl(Described());

    private static Google.Protobuf.Reflection.ServiceDescriptor[] Described() =>
    [
        .. ApiServices.All,
        .. HealthReflection.Descriptor.Services,
        .. Grpc.Reflection.V1.ReflectionReflection.Descriptor.Services,
        .. Grpc.Reflection.V1Alpha.ReflectionReflection.Descriptor.Services,
    ];
}
