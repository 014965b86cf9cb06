using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NetControl.ControlPlane;
using NetControl.ControlPlane.Configurations;
using NetControl.Server.Mapping;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Services;

/// <summary>ConfigurationService: map, call, map; the stream is told in <see cref="ResourceWatch"/>.</summary>
internal sealed class ConfigurationService : V1.ConfigurationService.ConfigurationServiceBase
{
    private readonly NetControlPlane _plane;

    public ConfigurationService(NetControlPlane plane)
    {
        _plane = plane;
    }

    public override Task<V1.GetConfigurationResponse> GetConfiguration(V1.GetConfigurationRequest request, ServerCallContext context)
    {
        ConfigurationView view = _plane.Configuration.Get();
        return Task.FromResult(new V1.GetConfigurationResponse
        {
            Configuration = view.ToDocument(),
            Generation = view.Generation,
            PendingConfirmation = view.Pending.ToMessage(),
        });
    }

    public override Task<V1.ApplyConfigurationResponse> ApplyConfiguration(
        V1.ApplyConfigurationRequest request, ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, request.ValidateOnly, request,
            mutation => _plane.Configuration.ApplyAsync(request.ToApply(), mutation),
            result => new V1.ApplyConfigurationResponse
            {
                Generation = result.Generation,
                Steps = { result.Steps.Select(step => step.ToMessage()) },
                PendingConfirmation = result.ConfirmationId.Length == 0
                    ? null
                    : new V1.PendingConfirmation
                    {
                        ConfirmationId = result.ConfirmationId,
                        Deadline = result.ConfirmBy.GetValueOrDefault().ToTimestamp(),
                    },
            });

    public override Task<V1.ConfirmConfigurationResponse> ConfirmConfiguration(
        V1.ConfirmConfigurationRequest request, ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, validateOnly: false, request,
            mutation => _plane.Configuration.ConfirmAsync(request.ConfirmationId, mutation),
            view => new V1.ConfirmConfigurationResponse { Generation = view.Generation });

    public override Task<V1.RevertConfigurationResponse> RevertConfiguration(
        V1.RevertConfigurationRequest request, ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, validateOnly: false, request,
            mutation => _plane.Configuration.RevertAsync(request.ConfirmationId, mutation),
            view => new V1.RevertConfigurationResponse { Generation = view.Generation });

    public override Task WatchResources(
        V1.WatchResourcesRequest request, IServerStreamWriter<V1.WatchResourcesResponse> responseStream, ServerCallContext context) =>
        new ResourceWatch(_plane, request, responseStream).RunAsync(context.CancellationToken);
}
