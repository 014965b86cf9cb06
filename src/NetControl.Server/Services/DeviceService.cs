using Grpc.Core;
using NetControl.ControlPlane;
using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Lists;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;
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
        _plane.MutateAsync(
            context, request.RequestId, request.ValidateOnly, request,
            mutation =>
            {
                V1.Device device = request.Device ?? new V1.Device();
                string name = NameMapping.ToCreate(
                    ResourceName.Devices, "tun", "device_id", request.DeviceId, "device.name", device.Name);
                return _plane.Devices.CreateAsync(device.ToDraft(name), "device.", mutation);
            },
            view => new V1.CreateDeviceResponse { Device = view.ToMessage() });

    public override Task<V1.GetDeviceResponse> GetDevice(V1.GetDeviceRequest request, ServerCallContext context) =>
        Task.FromResult(new V1.GetDeviceResponse { Device = _plane.Devices.Get(request.Name).ToMessage() });

    public override Task<V1.ListDevicesResponse> ListDevices(V1.ListDevicesRequest request, ServerCallContext context)
    {
        ViolationList faults = new();
        ReadMask mask = ReadMask.Parse(request.ReadMask, V1.Device.Descriptor, faults);
        Page<DeviceView> page = _plane.Devices.List(
            new ListRequest(request.Filter, request.OrderBy, request.PageSize, request.PageToken) { Faults = faults.Items });
        return Task.FromResult(new V1.ListDevicesResponse
        {
            Devices = { page.Items.Select(d => mask.Apply(d.ToMessage())) },
            NextPageToken = page.NextPageToken,
            TotalSize = page.TotalSize,
        });
    }

    public override Task<V1.UpdateDeviceResponse> UpdateDevice(V1.UpdateDeviceRequest request, ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, request.ValidateOnly, request,
            mutation => _plane.Devices.UpdateAsync(
                request.Device?.Name ?? "", request.ToPatch(), request.Device?.Etag ?? "", request.Force, mutation),
            view => new V1.UpdateDeviceResponse { Device = view.ToMessage() });

    public override Task<V1.DrainDeviceResponse> DrainDevice(V1.DrainDeviceRequest request, ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, request.ValidateOnly, request,
            mutation => _plane.Devices.DrainAsync(
                request.Name, request.Timeout.ToTimeSpanOrNull("timeout"), request.Etag, mutation),
            result => new V1.DrainDeviceResponse { Device = result.Device.ToMessage(), SessionsDraining = result.Sessions });

    public override Task<V1.ResumeDeviceResponse> ResumeDevice(V1.ResumeDeviceRequest request, ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, request.ValidateOnly, request,
            mutation => _plane.Devices.ResumeAsync(request.Name, request.Etag, mutation),
            view => new V1.ResumeDeviceResponse { Device = view.ToMessage() });

    public override Task<V1.DeleteDeviceResponse> DeleteDevice(V1.DeleteDeviceRequest request, ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, request.ValidateOnly, request,
            mutation => _plane.Devices.DeleteAsync(request.Name, request.Etag, request.Force, mutation),
            (Deleted _) => new V1.DeleteDeviceResponse());

    public override Task<V1.AttachPacketProxyResponse> AttachPacketProxy(V1.AttachPacketProxyRequest request, ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, request.ValidateOnly, request,
            mutation => _plane.Devices.AttachPacketProxyAsync(request.Name, request.PacketProxy, request.Etag, mutation),
            view => new V1.AttachPacketProxyResponse { Device = view.ToMessage() });

    public override Task<V1.AttachStreamDialerResponse> AttachStreamDialer(V1.AttachStreamDialerRequest request,
        ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, request.ValidateOnly, request,
            mutation => _plane.Devices.AttachStreamDialerAsync(
                request.Name,
                request.StreamDialer,
                request.Accept == V1.AcceptMode.Unspecified ? null : request.Accept == V1.AcceptMode.Immediate,
                request.Etag,
                mutation),
            view => new V1.AttachStreamDialerResponse { Device = view.ToMessage() });

    public override Task<V1.DetachPacketProxyResponse> DetachPacketProxy(V1.DetachPacketProxyRequest request, ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, request.ValidateOnly, request,
            mutation => _plane.Devices.DetachPacketProxyAsync(request.Name, request.Etag, mutation),
            view => new V1.DetachPacketProxyResponse { Device = view.ToMessage() });

    public override Task<V1.DetachStreamDialerResponse> DetachStreamDialer(V1.DetachStreamDialerRequest request,
        ServerCallContext context) =>
        _plane.MutateAsync(
            context, request.RequestId, request.ValidateOnly, request,
            mutation => _plane.Devices.DetachStreamDialerAsync(request.Name, request.Etag, mutation),
            view => new V1.DetachStreamDialerResponse { Device = view.ToMessage() });
}
