namespace NetControl.Engine.Devices;

/// <summary>What a device turned out to be.</summary>
public sealed record DeviceStatus
{
    /// <summary>The kernel's interface name.</summary>
    public required string InterfaceName { get; init; }

    /// <summary>The kernel's interface index.</summary>
    public required int InterfaceIndex { get; init; }

    /// <summary>The MTU in force.</summary>
    public required int Mtu { get; init; }

    /// <summary>Queues attached.</summary>
    public required int Queues { get; init; }

    /// <summary>Whether the interface existed before and will be given back.</summary>
    public required bool Adopted { get; init; }

    /// <summary>The offloads in force, e.g. <c>vnet-header</c>, <c>checksum</c>, <c>tso4</c>, <c>tso6</c>, <c>uso4</c>, <c>uso6</c>.</summary>
    public required IReadOnlyList<string> Offloads { get; init; }

    /// <summary>What is not as wished and why, in words for an operator; empty when all is well.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}
