using Grpc.Core;
using NetControl.ControlPlane;
using NetControl.ControlPlane.Proxies;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Specs;
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
        _plane.RunOnceAsync(request.RequestId, request.ValidateOnly, request, () =>
        {
            V1.Proxy proxy = request.Proxy ?? new V1.Proxy();
            string name = CommonMapping.NameToCreate(ResourceName.Proxies, "proxy", "proxy_id", request.ProxyId, "proxy.name", proxy.Name);
            return new V1.CreateProxyResponse
            {
                Proxy = _plane.Proxies.Create(proxy.ToDraft(name), "proxy.", request.ValidateOnly).ToMessage()
            };
        });

    public override Task<V1.GetProxyResponse> GetProxy(V1.GetProxyRequest request, ServerCallContext context) =>
        Task.FromResult(new V1.GetProxyResponse { Proxy = _plane.Proxies.Get(request.Name).ToMessage() });

    public override Task<V1.ListProxiesResponse> ListProxies(V1.ListProxiesRequest request, ServerCallContext context)
    {
        Page<ProxyView> page = _plane.Proxies.List(request.PageSize, request.PageToken);
        return Task.FromResult(
            new V1.ListProxiesResponse { Proxies = { page.Items.Select(p => p.ToMessage()) }, NextPageToken = page.NextPageToken });
    }

    public override Task<V1.UpdateProxyResponse> UpdateProxy(V1.UpdateProxyRequest request, ServerCallContext context) =>
        _plane.RunOnceAsync(request.RequestId, request.ValidateOnly, request, () => new V1.UpdateProxyResponse
        {
            Proxy = _plane.Proxies.Update(request.Proxy?.Name ?? "", request.ToPatch(), request.Proxy?.Etag ?? "",
                request.ValidateOnly).ToMessage(),
        });

    public override Task<V1.DeleteProxyResponse> DeleteProxy(V1.DeleteProxyRequest request, ServerCallContext context) =>
        _plane.RunOnceAsync(request.RequestId, request.ValidateOnly, request, () =>
        {
            _plane.Proxies.Delete(request.Name, request.Etag, request.Force, request.ValidateOnly);
            return new V1.DeleteProxyResponse();
        });
}
