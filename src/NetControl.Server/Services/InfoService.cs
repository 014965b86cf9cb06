using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NetControl.ControlPlane;
using NetControl.ControlPlane.Registry;
using NetControl.Server.Hosting;
using NetControl.Transport.Chains;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Services;

/// <summary>InfoService: what this server is.</summary>
internal sealed class InfoService : V1.InfoService.InfoServiceBase
{
    private readonly NetControlPlane _plane;

    public InfoService(NetControlPlane plane)
    {
        _plane = plane;
    }

    public override Task<V1.GetServerInfoResponse> GetServerInfo(V1.GetServerInfoRequest request, ServerCallContext context) =>
        Task.FromResult(new V1.GetServerInfoResponse
        {
            Version = BuildInfo.Version,
            Commit = BuildInfo.Commit,
            Runtime = BuildInfo.Runtime,
            Epoch = _plane.Events.Epoch,
            StartTime = _plane.StartTime.ToTimestamp(),
            HopTypes = { HopRegistry.Standard.Types },
            Loops = _plane.EngineOptions.Loops,
            Limits = new V1.ServerLimits
            {
                MaxPageSize = PageLimits.LargestSize,
                EventRingCapacity = _plane.Events.Capacity,
                RequestIdSeconds = (int)IdempotencyCache.Lifetime.TotalSeconds,
                Process = new V1.ProcessLimits
                {
                    MaxSessions = (uint)_plane.EngineOptions.MaxSessions,
                    MaxHalfOpen = (uint)_plane.EngineOptions.MaxHalfOpen,
                    MaxBufferBytes = (ulong)_plane.EngineOptions.BufferBudgetBytes,
                    MaxReassemblyBytes = (ulong)_plane.EngineOptions.ReassemblyBudgetBytes,
                    MaxSessionBufferBytes = (uint)_plane.EngineOptions.SessionBufferBytes,
                },
            },
        });
}
