using NetControl.Network;

namespace NetControl.Engine.Devices;

/// <summary>What a TUN device should be. Immutable, already validated by the control plane.</summary>
public sealed record DeviceSpec
{
    /// <summary>The device's resource name, <c>devices/tun0</c>: the label of its metrics and sessions.</summary>
    public required string Name { get; init; }

    /// <summary>The kernel's interface name, at most 15 bytes; empty, with a <see cref="DescriptorSocket"/>, for whichever it is.</summary>
    public required string InterfaceName { get; init; }

    /// <summary>The Unix socket of the agent that hands over the descriptors of an interface made by it; empty to make or adopt one.</summary>
    public string DescriptorSocket { get; init; } = "";

    /// <summary>The MTU, 1280 to 65535; 0 means 1500 for a new interface and "as it is" for an existing one.</summary>
    public int Mtu { get; init; }

    /// <summary>Interface addresses with prefix lengths.</summary>
    public IReadOnlyList<IpPrefix> Addresses { get; init; } = [];

    /// <summary>Destinations that are routed into the device.</summary>
    public IReadOnlyList<IpPrefix> Routes { get; init; } = [];

    /// <summary>Destinations that are left to the machine's other routes, but for routes that lie inside them.</summary>
    public IReadOnlyList<IpPrefix> ExcludedRoutes { get; init; } = [];

    /// <summary>How many queues, at most one per loop; 0 means one per loop where the interface allows it.</summary>
    public int Queues { get; init; }

    /// <summary>Whether to ask the kernel for segmentation and checksum offload.</summary>
    public bool Offload { get; init; } = true;

    /// <summary>Whose datagrams reach a UDP session from outside.</summary>
    public UdpFiltering UdpFiltering { get; init; }

    /// <summary>The congestion control of its TCP connections.</summary>
    public CongestionControl CongestionControl { get; init; }

    /// <summary>When its TCP connections ask a silent client whether it is still there.</summary>
    public KeepAlive KeepAlive { get; init; } = new();

    /// <summary>What the device may take.</summary>
    public DeviceLimits Limits { get; init; } = new();
}
