using NetControl.Engine.Devices;
using NetControl.Network;

namespace NetControl.ControlPlane.Specs;

/// <summary>A device that was found valid: its interface and its attachments.</summary>
public sealed record TunSpec
{
    /// <summary>The resource name.</summary>
    public required string Name { get; init; }

    /// <summary>The interface's name; empty for whichever is handed over.</summary>
    public required string Interface { get; init; }

    /// <summary>The Unix socket of the agent that hands the interface over; empty to make or adopt one.</summary>
    public string DescriptorSocket { get; init; } = "";

    /// <summary>The MTU; 0 is the default.</summary>
    public required int Mtu { get; init; }

    /// <summary>Addresses with prefix lengths.</summary>
    public required IReadOnlyList<IpPrefix> Addresses { get; init; }

    /// <summary>Routed destinations.</summary>
    public required IReadOnlyList<IpPrefix> Routes { get; init; }

    /// <summary>Destinations within the routes that the machine's own routes serve.</summary>
    public IReadOnlyList<IpPrefix> ExcludedRoutes { get; init; } = [];

    /// <summary>The attachment for TCP, or empty.</summary>
    public required string StreamDialer { get; init; }

    /// <summary>The attachment for UDP, or empty.</summary>
    public required string PacketProxy { get; init; }

    /// <summary>Whether its routes refuse while it is not there.</summary>
    public bool KillSwitch { get; init; }

    /// <summary>The policy that governs it, or empty.</summary>
    public string Policy { get; init; } = "";

    /// <summary>Whether a SYN is answered before the dial is done.</summary>
    public required bool AcceptImmediately { get; init; }

    /// <summary>Queues; 0 is as many as possible.</summary>
    public required int Queues { get; init; }

    /// <summary>Whether to do without offload.</summary>
    public required bool DisableOffload { get; init; }

    /// <summary>Whose datagrams reach a UDP session.</summary>
    public UdpFiltering UdpFiltering { get; init; }

    /// <summary>The congestion control of its TCP connections.</summary>
    public CongestionControl CongestionControl { get; init; }

    /// <summary>When its TCP connections ask a silent application whether it is still there.</summary>
    public KeepAliveSpec KeepAlive { get; init; } = new();

    /// <summary>The limits as asked for; 0 in one of them is its default.</summary>
    public DeviceLimits Limits { get; init; } = DefaultLimits;

    /// <summary>Limits of which nothing was said.</summary>
    internal static DeviceLimits DefaultLimits { get; } = new()
    {
        MaxTcpSessions = 0,
        MaxUdpSessions = 0,
        MaxHalfOpen = 0,
        MaxBufferBytes = 0,
        MaxReassemblyBytes = 0,
    };

    internal DeviceSpec ToDeviceSpec() => new()
    {
        Name = Name,
        InterfaceName = Interface,
        DescriptorSocket = DescriptorSocket,
        Mtu = Mtu,
        Addresses = Addresses,
        Routes = Routes,
        ExcludedRoutes = ExcludedRoutes,
        Queues = Queues,
        Offload = !DisableOffload,
        UdpFiltering = UdpFiltering,
        CongestionControl = CongestionControl,
        KeepAlive = KeepAlive.Resolve(),
        Limits = ResolvedLimits(),
    };

    private DeviceLimits ResolvedLimits()
    {
        DeviceLimits defaults = new();
        return new DeviceLimits
        {
            MaxTcpSessions = Or(Limits.MaxTcpSessions, defaults.MaxTcpSessions),
            MaxUdpSessions = Or(Limits.MaxUdpSessions, defaults.MaxUdpSessions),
            MaxHalfOpen = Or(Limits.MaxHalfOpen, defaults.MaxHalfOpen),
            MaxBufferBytes = Or(Limits.MaxBufferBytes, defaults.MaxBufferBytes),
            MaxReassemblyBytes = Or(Limits.MaxReassemblyBytes, defaults.MaxReassemblyBytes),
            MaxSessionsPerSource = Limits.MaxSessionsPerSource,
            MaxSessionsPerDestination = Limits.MaxSessionsPerDestination,
        };

        static long Or(long wished, long usual) => wished == 0 ? usual : wished;
    }
}
