using NetControl.Engine.Devices;
using NetControl.Network;

namespace NetControl.ControlPlane.Specs;

/// <summary>A device that was found valid: its interface and its attachments.</summary>
public sealed record TunSpec
{
    /// <summary>The resource name.</summary>
    public required string Name { get; init; }

    /// <summary>The interface's name.</summary>
    public required string Interface { get; init; }

    /// <summary>The MTU; 0 is the default.</summary>
    public required int Mtu { get; init; }

    /// <summary>Addresses with prefix lengths.</summary>
    public required IReadOnlyList<IpPrefix> Addresses { get; init; }

    /// <summary>Routed destinations.</summary>
    public required IReadOnlyList<IpPrefix> Routes { get; init; }

    /// <summary>The attachment for TCP, or empty.</summary>
    public required string StreamDialer { get; init; }

    /// <summary>The attachment for UDP, or empty.</summary>
    public required string PacketProxy { get; init; }

    /// <summary>Whether a SYN is answered before the dial is done.</summary>
    public required bool AcceptImmediately { get; init; }

    /// <summary>Queues; 0 is as many as possible.</summary>
    public required int Queues { get; init; }

    /// <summary>Whether to do without offload.</summary>
    public required bool DisableOffload { get; init; }

    internal DeviceSpec ToDeviceSpec() => new()
    {
        Name = Name,
        InterfaceName = Interface,
        Mtu = Mtu,
        Addresses = Addresses,
        Routes = Routes,
        Queues = Queues,
        Offload = !DisableOffload,
    };
}
