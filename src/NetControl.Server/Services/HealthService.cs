using Grpc.Core;
using Grpc.Health.V1;
using NetControl.ControlPlane;
using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Specs;
using NetControl.Server.Hosting;

namespace NetControl.Server.Services;

/// <summary>grpc.health.v1 for the process, the services, readiness and each device, read from the control plane when asked.</summary>
/// <remarks>Watches end when the process shuts down, after saying so: a watcher must not hold up the end.</remarks>
internal sealed class HealthService : Health.HealthBase
{
    private static readonly HashSet<string> s_services = new(StringComparer.Ordinal)
    {
        "",
        "netcontrol.v1.DeviceService",
        "netcontrol.v1.ProxyService",
        "netcontrol.v1.DelegateService",
        "netcontrol.v1.SessionService",
        "netcontrol.v1.ConfigurationService",
        "netcontrol.v1.PolicyService",
        "netcontrol.v1.InfoService",
    };

    private readonly NetControlPlane _plane;

    public HealthService(NetControlPlane plane)
    {
        _plane = plane;
    }

    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        HealthCheckResponse.Types.ServingStatus status = StatusOf(request.Service);
        return status == HealthCheckResponse.Types.ServingStatus.ServiceUnknown
            ? throw new RpcException(
                new Status(StatusCode.NotFound, $"\"{request.Service}\" is neither a service of this server nor a device"))
            : Task.FromResult(new HealthCheckResponse { Status = status });
    }

    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream,
        ServerCallContext context)
    {
        HealthCheckResponse.Types.ServingStatus? told = null;
        while (true)
        {
            // Read before the status: what is told last must already be the shutdown's word.
            bool ending = _plane.ShuttingDown;
            long seen = _plane.Changes.Sequence;
            HealthCheckResponse.Types.ServingStatus status = StatusOf(request.Service);
            if (status != told)
            {
                await responseStream.WriteAsync(new HealthCheckResponse { Status = status }, context.CancellationToken);
                told = status;
            }

            if (ending)
            {
                return;
            }

            await _plane.Changes.WaitAsync(seen, context.CancellationToken);
        }
    }

    private HealthCheckResponse.Types.ServingStatus StatusOf(string service)
    {
        if (s_services.Contains(service))
        {
            return _plane.ShuttingDown ? HealthCheckResponse.Types.ServingStatus.NotServing
                : HealthCheckResponse.Types.ServingStatus.Serving;
        }

        if (service == Readiness.Service)
        {
            return Readiness.Of(_plane) ? HealthCheckResponse.Types.ServingStatus.Serving
                : HealthCheckResponse.Types.ServingStatus.NotServing;
        }

        if (!ResourceName.Is(service, ResourceName.Devices))
        {
            return HealthCheckResponse.Types.ServingStatus.ServiceUnknown;
        }

        try
        {
            return _plane.Devices.Get(service).Phase == DevicePhase.Ready && !_plane.ShuttingDown
                ? HealthCheckResponse.Types.ServingStatus.Serving
                : HealthCheckResponse.Types.ServingStatus.NotServing;
        }
        catch (ControlPlaneException e) when (e.Error == ControlPlaneError.NotFound)
        {
            return HealthCheckResponse.Types.ServingStatus.ServiceUnknown;
        }
    }
}
