using Grpc.Core;
using NetControl.ControlPlane;
using NetControl.ControlPlane.Probes;
using NetControl.Engine.Diagnosis;
using NetControl.Server.Audit;
using NetControl.Server.Mapping;
using NetControl.Transport.Probes;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Services;

/// <summary>DiagnosticsService: map, call, map; a capture is streamed by <see cref="CaptureStream"/>.</summary>
internal sealed class DiagnosticsService : V1.DiagnosticsService.DiagnosticsServiceBase
{
    private readonly NetControlPlane _plane;

    public DiagnosticsService(NetControlPlane plane)
    {
        _plane = plane;
    }

    public override Task CaptureTraffic(
        V1.CaptureTrafficRequest request, IServerStreamWriter<V1.CaptureTrafficResponse> responseStream, ServerCallContext context) =>
        new CaptureStream(_plane, request, responseStream, context.GetHttpContext().Features.Get<IAuditStream>())
            .RunAsync(context.CancellationToken);

    public override async Task<V1.DiagnoseRoutingResponse> DiagnoseRouting(V1.DiagnoseRoutingRequest request, ServerCallContext context)
    {
        string? device = request.Device is "" or "devices/-" ? null : request.Device;
        DiagnosisReport report = await _plane.Diagnostics.DiagnoseRoutingAsync(device, context.CancellationToken);
        return report.ToMessage();
    }

    public override async Task<V1.ProbeProxyResponse> ProbeProxy(V1.ProbeProxyRequest request, ServerCallContext context)
    {
        (string? proxy, Transport.Chains.Chain? chain, ProbeRequest probe) = request.ToProbe();
        ProbeReport report = proxy is not null
            ? await _plane.Diagnostics.ProbeAsync(proxy, probe, context.CancellationToken)
            : await _plane.Diagnostics.ProbeAsync(chain!, probe, context.CancellationToken);
        return report.ToMessage();
    }
}
