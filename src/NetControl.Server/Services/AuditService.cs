using Grpc.Core;
using NetControl.ControlPlane;
using NetControl.Server.Audit;
using NetControl.Server.Security;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Services;

/// <summary>AuditService; the stream is told in <see cref="AuditStream"/>.</summary>
internal sealed class AuditService : V1.AuditService.AuditServiceBase
{
    private readonly NetControlPlane _plane;
    private readonly AccessRuntime _access;

    public AuditService(NetControlPlane plane, AccessRuntime access)
    {
        _plane = plane;
        _access = access;
    }

    public override Task StreamAuditRecords(
        V1.StreamAuditRecordsRequest request, IServerStreamWriter<V1.StreamAuditRecordsResponse> responseStream, ServerCallContext context) =>
        new AuditStream(_plane, _access.Audit.Recent, request, responseStream, context.GetHttpContext().Features.Get<IAuditStream>())
            .RunAsync(context.CancellationToken);
}
