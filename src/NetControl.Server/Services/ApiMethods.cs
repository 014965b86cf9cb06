using Grpc.AspNetCore.Server.Model;
using Grpc.Health.V1;
using NetControl.Protocol.V1;
using Reflection = Grpc.Reflection.V1;
using ReflectionAlpha = Grpc.Reflection.V1Alpha;

namespace NetControl.Server.Services;

/// <summary>Every method that is served over gRPC: its name, its two messages, and who answers.</summary>
/// <remarks>
/// The generated code would bind by itself, through a generic virtual method; the native build makes each of its instances while it runs,
/// and that was half of the start: 50 ms of it, and 25 MB of garbage. Here the compiler sees every instance. A test holds the list against the protos.
/// </remarks>
internal sealed class ApiMethods(bool reflection) : IServiceMethodProvider<ApiFacade>
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<ApiFacade> context)
    {
        BindInfo(new(context, "netcontrol.v1.InfoService"));
        BindDevices(new(context, "netcontrol.v1.DeviceService"));
        BindProxies(new(context, "netcontrol.v1.ProxyService"));
        BindDelegates(new(context, "netcontrol.v1.DelegateService"));
        BindSessions(new(context, "netcontrol.v1.SessionService"));
        BindPolicies(new(context, "netcontrol.v1.PolicyService"));
        BindConfigurations(new(context, "netcontrol.v1.ConfigurationService"));
        BindDiagnostics(new(context, "netcontrol.v1.DiagnosticsService"));
        BindAudit(new(context, "netcontrol.v1.AuditService"));
        BindHealth(new(context, "grpc.health.v1.Health"));
        if (reflection)
        {
            BindReflection(context);
        }
    }

    private static void BindInfo(MethodBinder bind)
    {
        bind.Unary("GetServerInfo", GetServerInfoRequest.Parser, GetServerInfoResponse.Parser,
            static (api, request, call) => api.Info.GetServerInfo(request, call));
    }

    private static void BindDevices(MethodBinder bind)
    {
        bind.Unary("CreateDevice", CreateDeviceRequest.Parser, CreateDeviceResponse.Parser,
            static (api, request, call) => api.Devices.CreateDevice(request, call));
        bind.Unary("GetDevice", GetDeviceRequest.Parser, GetDeviceResponse.Parser,
            static (api, request, call) => api.Devices.GetDevice(request, call));
        bind.Unary("ListDevices", ListDevicesRequest.Parser, ListDevicesResponse.Parser,
            static (api, request, call) => api.Devices.ListDevices(request, call));
        bind.Unary("UpdateDevice", UpdateDeviceRequest.Parser, UpdateDeviceResponse.Parser,
            static (api, request, call) => api.Devices.UpdateDevice(request, call));
        bind.Unary("DrainDevice", DrainDeviceRequest.Parser, DrainDeviceResponse.Parser,
            static (api, request, call) => api.Devices.DrainDevice(request, call));
        bind.Unary("ResumeDevice", ResumeDeviceRequest.Parser, ResumeDeviceResponse.Parser,
            static (api, request, call) => api.Devices.ResumeDevice(request, call));
        bind.Unary("DeleteDevice", DeleteDeviceRequest.Parser, DeleteDeviceResponse.Parser,
            static (api, request, call) => api.Devices.DeleteDevice(request, call));
        bind.Unary("AttachPacketProxy", AttachPacketProxyRequest.Parser, AttachPacketProxyResponse.Parser,
            static (api, request, call) => api.Devices.AttachPacketProxy(request, call));
        bind.Unary("AttachStreamDialer", AttachStreamDialerRequest.Parser, AttachStreamDialerResponse.Parser,
            static (api, request, call) => api.Devices.AttachStreamDialer(request, call));
        bind.Unary("DetachPacketProxy", DetachPacketProxyRequest.Parser, DetachPacketProxyResponse.Parser,
            static (api, request, call) => api.Devices.DetachPacketProxy(request, call));
        bind.Unary("DetachStreamDialer", DetachStreamDialerRequest.Parser, DetachStreamDialerResponse.Parser,
            static (api, request, call) => api.Devices.DetachStreamDialer(request, call));
    }

    private static void BindProxies(MethodBinder bind)
    {
        bind.Unary("CreateProxy", CreateProxyRequest.Parser, CreateProxyResponse.Parser,
            static (api, request, call) => api.Proxies.CreateProxy(request, call));
        bind.Unary("GetProxy", GetProxyRequest.Parser, GetProxyResponse.Parser,
            static (api, request, call) => api.Proxies.GetProxy(request, call));
        bind.Unary("ListProxies", ListProxiesRequest.Parser, ListProxiesResponse.Parser,
            static (api, request, call) => api.Proxies.ListProxies(request, call));
        bind.Unary("UpdateProxy", UpdateProxyRequest.Parser, UpdateProxyResponse.Parser,
            static (api, request, call) => api.Proxies.UpdateProxy(request, call));
        bind.Unary("DeleteProxy", DeleteProxyRequest.Parser, DeleteProxyResponse.Parser,
            static (api, request, call) => api.Proxies.DeleteProxy(request, call));
    }

    private static void BindDelegates(MethodBinder bind)
    {
        bind.Unary("CreateDelegate", CreateDelegateRequest.Parser, CreateDelegateResponse.Parser,
            static (api, request, call) => api.Delegates.CreateDelegate(request, call));
        bind.Unary("UpdateDelegate", UpdateDelegateRequest.Parser, UpdateDelegateResponse.Parser,
            static (api, request, call) => api.Delegates.UpdateDelegate(request, call));
        bind.Unary("GetDelegate", GetDelegateRequest.Parser, GetDelegateResponse.Parser,
            static (api, request, call) => api.Delegates.GetDelegate(request, call));
        bind.Unary("ListDelegates", ListDelegatesRequest.Parser, ListDelegatesResponse.Parser,
            static (api, request, call) => api.Delegates.ListDelegates(request, call));
        bind.Unary("DeleteDelegate", DeleteDelegateRequest.Parser, DeleteDelegateResponse.Parser,
            static (api, request, call) => api.Delegates.DeleteDelegate(request, call));
        bind.Unary("SwapDelegate", SwapDelegateRequest.Parser, SwapDelegateResponse.Parser,
            static (api, request, call) => api.Delegates.SwapDelegate(request, call));
    }

    private static void BindSessions(MethodBinder bind)
    {
        bind.Unary("ListSessions", ListSessionsRequest.Parser, ListSessionsResponse.Parser,
            static (api, request, call) => api.Sessions.ListSessions(request, call));
        bind.Unary("GetSession", GetSessionRequest.Parser, GetSessionResponse.Parser,
            static (api, request, call) => api.Sessions.GetSession(request, call));
        bind.Unary("GetAccounting", GetAccountingRequest.Parser, GetAccountingResponse.Parser,
            static (api, request, call) => api.Sessions.GetAccounting(request, call));
        bind.Unary("CloseSessions", CloseSessionsRequest.Parser, CloseSessionsResponse.Parser,
            static (api, request, call) => api.Sessions.CloseSessions(request, call));
        bind.ServerStreaming("StreamSessionEvents", StreamSessionEventsRequest.Parser, StreamSessionEventsResponse.Parser,
            static (api, request, to, call) => api.Sessions.StreamSessionEvents(request, to, call));
    }

    private static void BindPolicies(MethodBinder bind)
    {
        bind.Unary("CreatePolicy", CreatePolicyRequest.Parser, CreatePolicyResponse.Parser,
            static (api, request, call) => api.Policies.CreatePolicy(request, call));
        bind.Unary("GetPolicy", GetPolicyRequest.Parser, GetPolicyResponse.Parser,
            static (api, request, call) => api.Policies.GetPolicy(request, call));
        bind.Unary("ListPolicies", ListPoliciesRequest.Parser, ListPoliciesResponse.Parser,
            static (api, request, call) => api.Policies.ListPolicies(request, call));
        bind.Unary("UpdatePolicy", UpdatePolicyRequest.Parser, UpdatePolicyResponse.Parser,
            static (api, request, call) => api.Policies.UpdatePolicy(request, call));
        bind.Unary("DeletePolicy", DeletePolicyRequest.Parser, DeletePolicyResponse.Parser,
            static (api, request, call) => api.Policies.DeletePolicy(request, call));
        bind.Unary("EvaluatePolicy", EvaluatePolicyRequest.Parser, EvaluatePolicyResponse.Parser,
            static (api, request, call) => api.Policies.EvaluatePolicy(request, call));
    }

    private static void BindConfigurations(MethodBinder bind)
    {
        bind.Unary("GetConfiguration", GetConfigurationRequest.Parser, GetConfigurationResponse.Parser,
            static (api, request, call) => api.Configurations.GetConfiguration(request, call));
        bind.Unary("ApplyConfiguration", ApplyConfigurationRequest.Parser, ApplyConfigurationResponse.Parser,
            static (api, request, call) => api.Configurations.ApplyConfiguration(request, call));
        bind.Unary("ConfirmConfiguration", ConfirmConfigurationRequest.Parser, ConfirmConfigurationResponse.Parser,
            static (api, request, call) => api.Configurations.ConfirmConfiguration(request, call));
        bind.Unary("RevertConfiguration", RevertConfigurationRequest.Parser, RevertConfigurationResponse.Parser,
            static (api, request, call) => api.Configurations.RevertConfiguration(request, call));
        bind.ServerStreaming("WatchResources", WatchResourcesRequest.Parser, WatchResourcesResponse.Parser,
            static (api, request, to, call) => api.Configurations.WatchResources(request, to, call));
    }

    private static void BindDiagnostics(MethodBinder bind)
    {
        bind.ServerStreaming("CaptureTraffic", CaptureTrafficRequest.Parser, CaptureTrafficResponse.Parser,
            static (api, request, to, call) => api.Diagnostics.CaptureTraffic(request, to, call));
        bind.Unary("DiagnoseRouting", DiagnoseRoutingRequest.Parser, DiagnoseRoutingResponse.Parser,
            static (api, request, call) => api.Diagnostics.DiagnoseRouting(request, call));
        bind.Unary("ProbeProxy", ProbeProxyRequest.Parser, ProbeProxyResponse.Parser,
            static (api, request, call) => api.Diagnostics.ProbeProxy(request, call));
    }

    private static void BindAudit(MethodBinder bind)
    {
        bind.ServerStreaming("StreamAuditRecords", StreamAuditRecordsRequest.Parser, StreamAuditRecordsResponse.Parser,
            static (api, request, to, call) => api.Audit.StreamAuditRecords(request, to, call));
    }

    private static void BindHealth(MethodBinder bind)
    {
        bind.Unary("Check", HealthCheckRequest.Parser, HealthCheckResponse.Parser, static (api, request, call) => api.Health.Check(request, call));
        bind.ServerStreaming("Watch", HealthCheckRequest.Parser, HealthCheckResponse.Parser,
            static (api, request, to, call) => api.Health.Watch(request, to, call));
    }

    private static void BindReflection(ServiceMethodProviderContext<ApiFacade> context)
    {
        new MethodBinder(context, "grpc.reflection.v1alpha.ServerReflection").Duplex(
            "ServerReflectionInfo", ReflectionAlpha.ServerReflectionRequest.Parser, ReflectionAlpha.ServerReflectionResponse.Parser,
            static (api, from, to, call) => api.ReflectionAlpha.ServerReflectionInfo(from, to, call));
        new MethodBinder(context, "grpc.reflection.v1.ServerReflection").Duplex(
            "ServerReflectionInfo", Reflection.ServerReflectionRequest.Parser, Reflection.ServerReflectionResponse.Parser,
            static (api, from, to, call) => api.Reflection.ServerReflectionInfo(from, to, call));
    }
}
