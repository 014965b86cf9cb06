using Grpc.Core;
using NetControl.ControlPlane;
using NetControl.ControlPlane.Lists;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Proxies;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;
using NetControl.Server.Mapping;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Services;

/// <summary>ProxyService: map, call, map.</summary>
internal sealed class ProxyService : V1.ProxyService.ProxyServiceBase
{
    private readonly NetControlPlane _plane;

    public ProxyService(NetControlPlane plane)
    {
        _plane = plane;
    }

    public override Task<V1.CreateProxyResponse> CreateProxy(V1.CreateProxyRequest request, ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, request.ValidateOnly, request,
            mutation =>
            {
                V1.Proxy proxy = request.Proxy ?? new V1.Proxy();
                string name = NameMapping.ToCreate(
                    ResourceName.Proxies, "proxy", "proxy_id", request.ProxyId, "proxy.name", proxy.Name);
                return _plane.Proxies.CreateAsync(proxy.ToDraft(name), "proxy.", mutation);
            },
            view => new V1.CreateProxyResponse { Proxy = view.ToMessage() });

    public override Task<V1.GetProxyResponse> GetProxy(V1.GetProxyRequest request, ServerCallContext context) =>
        Task.FromResult(new V1.GetProxyResponse { Proxy = _plane.Proxies.Get(request.Name).ToMessage() });

    public override Task<V1.ListProxiesResponse> ListProxies(V1.ListProxiesRequest request, ServerCallContext context)
    {
        ViolationList faults = new();
        ReadMask mask = ReadMask.Parse(request.ReadMask, V1.Proxy.Descriptor, faults);
        Page<ProxyView> page = _plane.Proxies.List(
            new ListRequest(request.Filter, request.OrderBy, request.PageSize, request.PageToken) { Faults = faults.Items });
        return Task.FromResult(new V1.ListProxiesResponse
        {
            Proxies = { page.Items.Select(p => mask.Apply(p.ToMessage())) },
            NextPageToken = page.NextPageToken,
            TotalSize = page.TotalSize,
        });
    }

    public override Task<V1.UpdateProxyResponse> UpdateProxy(V1.UpdateProxyRequest request, ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, request.ValidateOnly, request,
            mutation => _plane.Proxies.UpdateAsync(request.Proxy?.Name ?? "", request.ToPatch(), request.Proxy?.Etag ?? "", mutation),
            view => new V1.UpdateProxyResponse { Proxy = view.ToMessage() });

    public override Task<V1.DeleteProxyResponse> DeleteProxy(V1.DeleteProxyRequest request, ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, request.ValidateOnly, request,
            mutation => _plane.Proxies.DeleteAsync(request.Name, request.Etag, request.Force, mutation),
            (Deleted _) => new V1.DeleteProxyResponse());
}
