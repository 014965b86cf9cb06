using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;
using NetControl.Engine.Devices;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Mapping;

/// <summary>Devices between messages and the control plane's words.</summary>
internal static class DeviceMapping
{
    public static DeviceDraft ToDraft(this V1.Device message, string name) => new()
    {
        Name = name,
        Interface = message.Interface,
        DescriptorSocket = message.DescriptorSocket,
        Mtu = message.Mtu,
        Addresses = [.. message.Addresses],
        Routes = [.. message.Routes],
        ExcludedRoutes = [.. message.ExcludedRoutes],
        StreamDialer = message.StreamDialer,
        PacketProxy = message.PacketProxy,
        Policy = message.Policy,
        KillSwitch = message.KillSwitch,
        AcceptImmediately = message.Accept == V1.AcceptMode.Immediate,
        Queues = message.Queues,
        DisableOffload = message.DisableOffload,
        UdpFiltering = message.UdpFiltering == V1.UdpFiltering.AddressDependent
            ? UdpFiltering.AddressDependent
            : UdpFiltering.EndpointIndependent,
        CongestionControl = message.CongestionControl == V1.CongestionControl.NewReno ? CongestionControl.NewReno : CongestionControl.Cubic,
        KeepAlive = (message.KeepAlive ?? new V1.KeepAlive()).ToSpec(),
        Limits = ToLimits(message.Limits ?? new V1.DeviceLimits()),
    };

    public static V1.Device ToMessage(this DeviceView view)
    {
        TunSpec spec = view.Spec;
        return new V1.Device
        {
            Name = view.Meta.Name,
            Uid = view.Meta.Uid,
            Etag = view.Meta.Etag,
            Generation = view.Meta.Generation,
            CreateTime = view.Meta.CreateTime.ToTimestamp(),
            UpdateTime = view.Meta.UpdateTime.ToTimestamp(),
            Interface = spec.Interface,
            DescriptorSocket = spec.DescriptorSocket,
            Mtu = (uint)spec.Mtu,
            Addresses = { spec.Addresses.Select(prefix => prefix.ToString()) },
            Routes = { spec.Routes.Select(prefix => prefix.ToString()) },
            ExcludedRoutes = { spec.ExcludedRoutes.Select(prefix => prefix.ToString()) },
            StreamDialer = spec.StreamDialer,
            PacketProxy = spec.PacketProxy,
            Policy = spec.Policy,
            KillSwitch = spec.KillSwitch,
            Accept = spec.AcceptImmediately ? V1.AcceptMode.Immediate : V1.AcceptMode.AfterConnect,
            Queues = (uint)spec.Queues,
            DisableOffload = spec.DisableOffload,
            UdpFiltering = spec.UdpFiltering == UdpFiltering.AddressDependent
                ? V1.UdpFiltering.AddressDependent
                : V1.UdpFiltering.EndpointIndependent,
            CongestionControl = spec.CongestionControl.ToMessage(),
            KeepAlive = spec.KeepAlive.ToMessage(),
            Limits = ToMessage(spec.Limits),
            State = view.Phase switch
            {
                DevicePhase.Starting => V1.Device.Types.State.Starting,
                DevicePhase.Ready => V1.Device.Types.State.Ready,
                DevicePhase.Blocked => V1.Device.Types.State.Blocked,
                DevicePhase.Draining => V1.Device.Types.State.Draining,
                DevicePhase.Failed => V1.Device.Types.State.Failed,
                _ => V1.Device.Types.State.Closing,
            },
            Conditions = { view.Conditions.Select(c => c.ToMessage()) },
            Status = view.Status is null ? null : ToMessage(view.Status),
            StateMessage = view.Phase switch
            {
                DevicePhase.Failed => view.Fault,
                DevicePhase.Blocked => "no usable proxy is attached: every new session is rejected; attach one, or swap the delegate",
                DevicePhase.Draining => "new sessions are rejected until ResumeDevice",
                _ => "",
            },
        };
    }

    /// <summary>What the request changes, as a function of the draft in force.</summary>
    public static Func<DeviceDraft, DeviceDraft> ToPatch(this V1.UpdateDeviceRequest request)
    {
        V1.Device message = request.Device ?? new V1.Device();
        if (!ResourceName.Is(message.Name, ResourceName.Devices))
        {
            throw ControlPlaneException.Invalid(
                new Violation("device.name", message.Name, "is not the name of a device", "write e.g. devices/tun0", "INVALID_NAME"));
        }

        FieldMaskReader mask = new(request.UpdateMask, s_writable);
        DeviceDraft wish = message.ToDraft(message.Name);
        return draft => draft with
        {
            Interface = mask.Covers("interface", message.Interface.Length > 0) ? wish.Interface : draft.Interface,
            DescriptorSocket = mask.Covers("descriptor_socket", message.DescriptorSocket.Length > 0)
                ? wish.DescriptorSocket : draft.DescriptorSocket,
            Mtu = mask.Covers("mtu", message.Mtu != 0) ? wish.Mtu : draft.Mtu,
            Addresses = mask.Covers("addresses", message.Addresses.Count > 0) ? wish.Addresses : draft.Addresses,
            Routes = mask.Covers("routes", message.Routes.Count > 0) ? wish.Routes : draft.Routes,
            ExcludedRoutes = mask.Covers("excluded_routes", message.ExcludedRoutes.Count > 0) ? wish.ExcludedRoutes : draft.ExcludedRoutes,
            StreamDialer = mask.Covers("stream_dialer", message.StreamDialer.Length > 0) ? wish.StreamDialer : draft.StreamDialer,
            PacketProxy = mask.Covers("packet_proxy", message.PacketProxy.Length > 0) ? wish.PacketProxy : draft.PacketProxy,
            KillSwitch = mask.Covers("kill_switch", message.KillSwitch) ? wish.KillSwitch : draft.KillSwitch,
            Policy = mask.Covers("policy", message.Policy.Length > 0) ? wish.Policy : draft.Policy,
            AcceptImmediately = mask.Covers("accept", message.Accept != V1.AcceptMode.Unspecified)
                ? wish.AcceptImmediately : draft.AcceptImmediately,
            Queues = mask.Covers("queues", message.Queues != 0) ? wish.Queues : draft.Queues,
            DisableOffload = mask.Covers("disable_offload", message.DisableOffload) ? wish.DisableOffload : draft.DisableOffload,
            UdpFiltering = mask.Covers("udp_filtering", message.UdpFiltering != V1.UdpFiltering.Unspecified)
                ? wish.UdpFiltering : draft.UdpFiltering,
            CongestionControl = mask.Covers("congestion_control", message.CongestionControl != V1.CongestionControl.Unspecified)
                ? wish.CongestionControl : draft.CongestionControl,
            KeepAlive = mask.Covers("keep_alive", message.KeepAlive is not null) ? wish.KeepAlive : draft.KeepAlive,
            Limits = mask.Covers("limits", message.Limits is not null) ? wish.Limits : draft.Limits,
        };
    }

    private static readonly string[] s_writable =
    [
        "interface", "mtu", "addresses", "routes", "stream_dialer", "packet_proxy", "accept", "queues", "disable_offload", "udp_filtering",
        "limits", "policy", "kill_switch", "congestion_control", "keep_alive",
        "descriptor_socket", "excluded_routes",
    ];

    // A value that no long holds is far beyond every limit; the validator says so.
    private static DeviceLimits ToLimits(V1.DeviceLimits message) => new()
    {
        MaxTcpSessions = message.MaxTcpSessions,
        MaxUdpSessions = message.MaxUdpSessions,
        MaxHalfOpen = message.MaxHalfOpen,
        MaxBufferBytes = (long)Math.Min(message.MaxBufferBytes, long.MaxValue),
        MaxReassemblyBytes = (long)Math.Min(message.MaxReassemblyBytes, long.MaxValue),
        MaxSessionsPerSource = message.MaxSessionsPerSource,
        MaxSessionsPerDestination = message.MaxSessionsPerDestination,
    };

    private static V1.DeviceLimits? ToMessage(DeviceLimits limits)
    {
        V1.DeviceLimits message = new()
        {
            MaxTcpSessions = (uint)limits.MaxTcpSessions,
            MaxUdpSessions = (uint)limits.MaxUdpSessions,
            MaxHalfOpen = (uint)limits.MaxHalfOpen,
            MaxBufferBytes = (ulong)limits.MaxBufferBytes,
            MaxReassemblyBytes = (ulong)limits.MaxReassemblyBytes,
            MaxSessionsPerSource = (uint)limits.MaxSessionsPerSource,
            MaxSessionsPerDestination = (uint)limits.MaxSessionsPerDestination,
        };
        return message.CalculateSize() == 0 ? null : message; // nothing was asked for
    }

    private static V1.DeviceStatus ToMessage(DeviceStatus status) => new()
    {
        Interface = status.InterfaceName,
        InterfaceIndex = status.InterfaceIndex,
        Mtu = (uint)status.Mtu,
        Queues = (uint)status.Queues,
        Adopted = status.Adopted,
        Offloads = { status.Offloads },
        Warnings = { status.Warnings },
    };
}
