namespace NetControl.Engine.Diagnosis;

/// <summary>What a finding is; its name in capitals is part of the API.</summary>
public enum FindingCode
{
    /// <summary>The TUN driver's node is not there.</summary>
    TunDeviceMissing,

    /// <summary>The TUN driver's node may not be opened.</summary>
    TunDeviceDenied,

    /// <summary>The process lacks CAP_NET_ADMIN.</summary>
    MissingCapability,

    /// <summary>The device's interface is gone.</summary>
    InterfaceMissing,

    /// <summary>The interface is down.</summary>
    InterfaceDown,

    /// <summary>A declared address is not there.</summary>
    AddressMissing,

    /// <summary>The interface has another MTU than the device works with.</summary>
    MtuMismatch,

    /// <summary>A declared route is not there.</summary>
    RouteMissing,

    /// <summary>A declared route is there, and the kernel takes another way.</summary>
    RouteShadowed,

    /// <summary>A policy rule that the routes need is not there.</summary>
    RuleMissing,

    /// <summary>A policy rule is there more than once.</summary>
    RuleDuplicate,

    /// <summary>A policy rule that is not ours leads into our tables, or has a priority of ours.</summary>
    RuleForeign,

    /// <summary>A route of somebody else is in one of our tables.</summary>
    TableConflict,

    /// <summary>What upstream sockets send would come back into a device.</summary>
    UpstreamLoop,

    /// <summary>What goes to a proxy would come back into a device.</summary>
    ProxyLoop,

    /// <summary>There is no way to a proxy.</summary>
    ProxyUnroutable,

    /// <summary>A proxy's name has no address.</summary>
    ProxyNotResolved,

    /// <summary>The kernel would drop answers of upstreams, because it would take another way back.</summary>
    RpFilterStrict,

    /// <summary>IPv6 is declared, and switched off on the interface.</summary>
    Ipv6Disabled,

    /// <summary>IPv4 goes into a device as a whole, and IPv6 passes by it.</summary>
    Ipv6Bypass,

    /// <summary>Packets of our own did come back into a device.</summary>
    LoopDetected,
}
