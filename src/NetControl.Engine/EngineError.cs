namespace NetControl.Engine;

/// <summary>Why the engine could not do what the control plane asked for.</summary>
public enum EngineError
{
    /// <summary>Something not listed below; the inner exception says what.</summary>
    Other,

    /// <summary>The process lacks CAP_NET_ADMIN.</summary>
    MissingCapability,

    /// <summary><c>/dev/net/tun</c> does not exist.</summary>
    TunDeviceMissing,

    /// <summary><c>/dev/net/tun</c> exists but may not be opened (permissions, device cgroup).</summary>
    TunDeviceDenied,

    /// <summary>The interface exists and is not a TUN, belongs to another user, or has no free queue.</summary>
    InterfaceBusy,

    /// <summary>The kernel refused an address, route, rule, MTU or link change.</summary>
    KernelRefused,

    /// <summary>Nobody handed a descriptor over where the device waits for one.</summary>
    DescriptorMissing,

    /// <summary>The device is closed.</summary>
    Closed,

    /// <summary>There are as many of these as there may be.</summary>
    LimitExceeded,
}
