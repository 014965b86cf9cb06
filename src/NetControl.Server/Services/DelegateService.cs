using Grpc.Core;
using NetControl.ControlPlane;
using NetControl.ControlPlane.Delegates;
using NetControl.ControlPlane.Lists;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;
using NetControl.Server.Mapping;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Services;

/// <summary>DelegateService: map, call, map.</summary>
internal sealed class DelegateService : V1.DelegateService.DelegateServiceBase
{
    private readonly NetControlPlane _plane;

    public DelegateService(NetControlPlane plane)
    {
        _plane = plane;
    }

    public override Task<V1.CreateDelegateResponse> CreateDelegate(V1.CreateDelegateRequest request, ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, request.ValidateOnly, request,
            mutation =>
            {
                V1.Delegate message = request.Delegate ?? new V1.Delegate();
                string name = NameMapping.ToCreate(
                    ResourceName.Delegates, "delegate", "delegate_id", request.DelegateId, "delegate.name", message.Name);
                return _plane.Delegates.CreateAsync(message.ToDraft(name), "delegate.", mutation);
            },
            view => new V1.CreateDelegateResponse { Delegate = view.ToMessage() });

    public override Task<V1.GetDelegateResponse> GetDelegate(V1.GetDelegateRequest request, ServerCallContext context) =>
        Task.FromResult(new V1.GetDelegateResponse { Delegate = _plane.Delegates.Get(request.Name).ToMessage() });

    public override Task<V1.ListDelegatesResponse> ListDelegates(V1.ListDelegatesRequest request, ServerCallContext context)
    {
        ViolationList faults = new();
        ReadMask mask = ReadMask.Parse(request.ReadMask, V1.Delegate.Descriptor, faults);
        Page<DelegateView> page = _plane.Delegates.List(
            new ListRequest(request.Filter, request.OrderBy, request.PageSize, request.PageToken) { Faults = faults.Items });
        return Task.FromResult(new V1.ListDelegatesResponse
        {
            Delegates = { page.Items.Select(d => mask.Apply(d.ToMessage())) },
            NextPageToken = page.NextPageToken,
            TotalSize = page.TotalSize,
        });
    }

    public override Task<V1.UpdateDelegateResponse> UpdateDelegate(V1.UpdateDelegateRequest request, ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, request.ValidateOnly, request,
            mutation => _plane.Delegates.UpdateAsync(request.Delegate?.Name ?? "", request.ToPatch(), request.Delegate?.Etag ?? "", mutation),
            view => new V1.UpdateDelegateResponse { Delegate = view.ToMessage() });

    public override Task<V1.DeleteDelegateResponse> DeleteDelegate(V1.DeleteDelegateRequest request, ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, request.ValidateOnly, request,
            mutation => _plane.Delegates.DeleteAsync(request.Name, request.Etag, request.Force, mutation),
            (Deleted _) => new V1.DeleteDelegateResponse());

    public override Task<V1.SwapDelegateResponse> SwapDelegate(V1.SwapDelegateRequest request, ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, request.ValidateOnly, request,
            mutation => _plane.Delegates.SwapAsync(request.ToSwap(), mutation),
            result => result.ToMessage());
}
