using Grpc.Core;
using NetControl.ControlPlane;
using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Specs;
using NetControl.Server.Mapping;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Services;

/// <summary>DeviceService: map, call, map.</summary>
internal sealed class DeviceService : V1.DeviceService.DeviceServiceBase
{
    private readonly NetControlPlane _plane;

    public DeviceService(NetControlPlane plane)
    {
        _plane = plane;
    }

    public override Task<V1.CreateDeviceResponse> CreateDevice(V1.CreateDeviceRequest request, ServerCallContext context) =>
        _plane.RunOnceAsync(request.RequestId, request.ValidateOnly, request, () =>
        {
            V1.Device device = request.Device ?? new V1.Device();
            string name = CommonMapping.NameToCreate(ResourceName.Devices, "tun", "device_id", request.DeviceId, "device.name",
                device.Name);
            return new V1.CreateDeviceResponse
            {
                Device = _plane.Devices.Create(device.ToDraft(name), "device.", request.ValidateOnly).ToMessage()
            };
        });

    public override Task<V1.GetDeviceResponse> GetDevice(V1.GetDeviceRequest request, ServerCallContext context) =>
        Task.FromResult(new V1.GetDeviceResponse { Device = _plane.Devices.Get(request.Name).ToMessage() });

    public override Task<V1.ListDevicesResponse> ListDevices(V1.ListDevicesRequest request, ServerCallContext context)
    {
        Page<DeviceView> page = _plane.Devices.List(request.PageSize, request.PageToken);
        return Task.FromResult(
            new V1.ListDevicesResponse { Devices = { page.Items.Select(d => d.ToMessage()) }, NextPageToken = page.NextPageToken });
    }

    public override Task<V1.DeleteDeviceResponse> DeleteDevice(V1.DeleteDeviceRequest request, ServerCallContext context) =>
        _plane.RunOnceAsync(request.RequestId, request.ValidateOnly, request, async () =>
        {
            await _plane.Devices.DeleteAsync(request.Name, request.Etag, request.Force, request.ValidateOnly, CancellationToken.None);
            return new V1.DeleteDeviceResponse();
        });

    public override Task<V1.AttachPacketProxyResponse> AttachPacketProxy(V1.AttachPacketProxyRequest request, ServerCallContext context) =>
        _plane.RunOnceAsync(request.RequestId, request.ValidateOnly, request, () => new V1.AttachPacketProxyResponse
        {
            Device = _plane.Devices.AttachPacketProxy(request.Name, request.PacketProxy, request.Etag, request.ValidateOnly).ToMessage(),
        });

    public override Task<V1.AttachStreamDialerResponse> AttachStreamDialer(V1.AttachStreamDialerRequest request,
        ServerCallContext context) =>
        _plane.RunOnceAsync(request.RequestId, request.ValidateOnly, request, () =>
        {
            bool? immediately = request.Accept == V1.AcceptMode.Unspecified ? null : request.Accept == V1.AcceptMode.Immediate;
            DeviceView view = _plane.Devices.AttachStreamDialer(request.Name, request.StreamDialer, immediately, request.Etag,
                request.ValidateOnly);
            return new V1.AttachStreamDialerResponse { Device = view.ToMessage() };
        });

    public override Task<V1.DetachPacketProxyResponse> DetachPacketProxy(V1.DetachPacketProxyRequest request, ServerCallContext context) =>
        _plane.RunOnceAsync(request.RequestId, request.ValidateOnly, request, () => new V1.DetachPacketProxyResponse
        {
            Device = _plane.Devices.DetachPacketProxy(request.Name, request.Etag, request.ValidateOnly).ToMessage(),
        });

    public override Task<V1.DetachStreamDialerResponse> DetachStreamDialer(V1.DetachStreamDialerRequest request,
        ServerCallContext context) =>
        _plane.RunOnceAsync(request.RequestId, request.ValidateOnly, request, () => new V1.DetachStreamDialerResponse
        {
            Device = _plane.Devices.DetachStreamDialer(request.Name, request.Etag, request.ValidateOnly).ToMessage(),
        });
}
