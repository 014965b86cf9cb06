using NetControl.Engine.Devices;

namespace NetControl.ControlPlane.Specs;

/// <summary>A device as it was asked for, before validation.</summary>
public sealed record DeviceDraft
{
    /// <summary>The resource name.</summary>
    public required string Name { get; init; }

    /// <summary>The interface's name; empty is the device's id.</summary>
    public string Interface { get; init; } = "";

    /// <summary>The Unix socket of the agent that hands the interface over; empty to make or adopt one.</summary>
    public string DescriptorSocket { get; init; } = "";

    /// <summary>The MTU; 0 is the default.</summary>
    public long Mtu { get; init; }

    /// <summary>Addresses with prefix lengths.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>Routed destinations.</summary>
    public IReadOnlyList<string> Routes { get; init; } = [];

    /// <summary>Destinations within the routes that the machine's own routes serve.</summary>
    public IReadOnlyList<string> ExcludedRoutes { get; init; } = [];

    /// <summary>The attachment for TCP, or empty.</summary>
    public string StreamDialer { get; init; } = "";

    /// <summary>The attachment for UDP, or empty.</summary>
    public string PacketProxy { get; init; } = "";

    /// <summary>Whether its routes refuse while it is not there.</summary>
    public bool KillSwitch { get; init; }

    /// <summary>The policy that governs it, or empty.</summary>
    public string Policy { get; init; } = "";

    /// <summary>Whether a SYN is answered before the dial is done.</summary>
    public bool AcceptImmediately { get; init; }

    /// <summary>Queues; 0 is as many as possible.</summary>
    public long Queues { get; init; }

    /// <summary>Whether to do without offload.</summary>
    public bool DisableOffload { get; init; }

    /// <summary>Whose datagrams reach a UDP session.</summary>
    public UdpFiltering UdpFiltering { get; init; }

    /// <summary>The congestion control of its TCP connections.</summary>
    public CongestionControl CongestionControl { get; init; }

    /// <summary>When its TCP connections ask a silent application whether it is still there.</summary>
    public KeepAliveSpec KeepAlive { get; init; } = new();

    /// <summary>The limits; 0 in one of them is its default.</summary>
    public DeviceLimits Limits { get; init; } = TunSpec.DefaultLimits;

    /// <summary>The same in the one spelling of what it means, so that two that are alike can be told.</summary>
    internal DeviceDraft Normalized(TunSpec spec) => this with
    {
        Interface = spec.Interface,
        Addresses = [.. spec.Addresses.Select(address => address.ToString())],
        Routes = [.. spec.Routes.Select(route => route.ToString())],
        ExcludedRoutes = [.. spec.ExcludedRoutes.Select(route => route.ToString())],
    };
}
