using Grpc.Core;
using NetControl.ControlPlane;
using NetControl.ControlPlane.Lists;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Policies;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;
using NetControl.Server.Mapping;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Services;

/// <summary>PolicyService: map, call, map.</summary>
internal sealed class PolicyService : V1.PolicyService.PolicyServiceBase
{
    private readonly NetControlPlane _plane;

    public PolicyService(NetControlPlane plane)
    {
        _plane = plane;
    }

    public override Task<V1.CreatePolicyResponse> CreatePolicy(V1.CreatePolicyRequest request, ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, request.ValidateOnly, request,
            mutation =>
            {
                V1.Policy policy = request.Policy ?? new V1.Policy();
                string name = NameMapping.ToCreate(
                    ResourceName.Policies, "policy", "policy_id", request.PolicyId, "policy.name", policy.Name);
                return _plane.Policies.CreateAsync(policy.ToDraft(name), "policy.", mutation);
            },
            view => new V1.CreatePolicyResponse { Policy = view.ToMessage() });

    public override Task<V1.GetPolicyResponse> GetPolicy(V1.GetPolicyRequest request, ServerCallContext context) =>
        Task.FromResult(new V1.GetPolicyResponse { Policy = _plane.Policies.Get(request.Name).ToMessage() });

    public override Task<V1.ListPoliciesResponse> ListPolicies(V1.ListPoliciesRequest request, ServerCallContext context)
    {
        ViolationList faults = new();
        ReadMask mask = ReadMask.Parse(request.ReadMask, V1.Policy.Descriptor, faults);
        Page<PolicyView> page = _plane.Policies.List(
            new ListRequest(request.Filter, request.OrderBy, request.PageSize, request.PageToken) { Faults = faults.Items });
        return Task.FromResult(new V1.ListPoliciesResponse
        {
            Policies = { page.Items.Select(p => mask.Apply(p.ToMessage())) },
            NextPageToken = page.NextPageToken,
            TotalSize = page.TotalSize,
        });
    }

    public override Task<V1.UpdatePolicyResponse> UpdatePolicy(V1.UpdatePolicyRequest request, ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, request.ValidateOnly, request,
            mutation => _plane.Policies.UpdateAsync(request.Policy?.Name ?? "", request.ToPatch(), request.Policy?.Etag ?? "", mutation),
            view => new V1.UpdatePolicyResponse { Policy = view.ToMessage() });

    public override Task<V1.DeletePolicyResponse> DeletePolicy(V1.DeletePolicyRequest request, ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, request.ValidateOnly, request,
            mutation => _plane.Policies.DeleteAsync(request.Name, request.Etag, request.Force, mutation),
            (Deleted _) => new V1.DeletePolicyResponse());

    public override Task<V1.EvaluatePolicyResponse> EvaluatePolicy(V1.EvaluatePolicyRequest request, ServerCallContext context) =>
        Task.FromResult(_plane.Policies.Evaluate(request.ToQuestion()).ToMessage());
}
