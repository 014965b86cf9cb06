using Grpc.Core;
using NetControl.ControlPlane;
using NetControl.ControlPlane.Lists;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Validation;
using NetControl.Engine.Sessions;
using NetControl.Server.Mapping;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Services;

/// <summary>SessionService: map, call, map; the stream is told in <see cref="SessionEventStream"/>.</summary>
internal sealed class SessionService : V1.SessionService.SessionServiceBase
{
    private readonly NetControlPlane _plane;

    public SessionService(NetControlPlane plane)
    {
        _plane = plane;
    }

    public override async Task<V1.ListSessionsResponse> ListSessions(V1.ListSessionsRequest request, ServerCallContext context)
    {
        ViolationList faults = new();
        ReadMask mask = ReadMask.Parse(request.ReadMask, V1.Session.Descriptor, faults);
        Page<SessionInfo> page = await _plane.Sessions.ListAsync(
            request.Parent,
            request.Filter.ToFilter(faults),
            new ListRequest(request.Filter?.Expression ?? "", request.OrderBy, request.PageSize, request.PageToken) { Faults = faults.Items },
            context.CancellationToken);
        return new V1.ListSessionsResponse
        {
            Sessions = { page.Items.Select(s => mask.Apply(SessionMapping.ToMessage(s))) },
            NextPageToken = page.NextPageToken,
            TotalSize = page.TotalSize,
        };
    }

    public override async Task<V1.GetSessionResponse> GetSession(V1.GetSessionRequest request, ServerCallContext context) =>
        (await _plane.Sessions.GetAsync(request.Name, context.CancellationToken)).ToMessage();

    public override async Task<V1.GetAccountingResponse> GetAccounting(V1.GetAccountingRequest request, ServerCallContext context) =>
        (await _plane.Sessions.ReadAccountingAsync(context.CancellationToken)).ToMessage(_plane);

    // Sessions do not survive a restart, and neither does the memory of having closed them.
    public override Task<V1.CloseSessionsResponse> CloseSessions(V1.CloseSessionsRequest request, ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, request.ValidateOnly, request,
            async _ => new V1.CloseSessionsResponse
            {
                Closed = await _plane.Sessions.CloseAsync(
                    request.Names, request.Filter.ToFilter(_plane.Time.GetUtcNow()), request.All, request.ValidateOnly, CancellationToken.None),
            },
            response => response);

    public override Task StreamSessionEvents(
        V1.StreamSessionEventsRequest request, IServerStreamWriter<V1.StreamSessionEventsResponse> responseStream,
            ServerCallContext context) =>
        new SessionEventStream(_plane, request, responseStream).RunAsync(context.CancellationToken);
}
