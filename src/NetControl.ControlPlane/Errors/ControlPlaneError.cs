namespace NetControl.ControlPlane.Errors;

/// <summary>Why the control plane refused. The name in capitals is the reason that API clients see; one table in the server turns it into a
/// status.</summary>
public enum ControlPlaneError
{
    /// <summary>A fault of ours; the log says more.</summary>
    Internal,

    /// <summary>The request itself is wrong; the violations say where.</summary>
    InvalidArgument,

    /// <summary>There is no such resource.</summary>
    NotFound,

    /// <summary>A resource by that name exists.</summary>
    AlreadyExists,

    /// <summary>The resource changed since the caller read it.</summary>
    EtagMismatch,

    /// <summary>Something else uses the resource.</summary>
    ResourceInUse,

    /// <summary>The resource is being set up or removed by another call.</summary>
    ResourceBusy,

    /// <summary>The request id was used for another request.</summary>
    RequestIdReused,

    /// <summary>The events after the resume point are no longer remembered.</summary>
    ResumePointExpired,

    /// <summary>Events come too fast to take an exact snapshot just now.</summary>
    SnapshotOverrun,

    /// <summary>The process lacks CAP_NET_ADMIN.</summary>
    MissingCapability,

    /// <summary><c>/dev/net/tun</c> does not exist.</summary>
    TunDeviceMissing,

    /// <summary><c>/dev/net/tun</c> may not be opened.</summary>
    TunDeviceDenied,

    /// <summary>The interface exists and cannot be adopted.</summary>
    InterfaceBusy,

    /// <summary>The kernel refused an address, route, rule, MTU or link change.</summary>
    KernelRefused,

    /// <summary>Nobody handed a descriptor over where the device waits for one.</summary>
    DescriptorMissing,

    /// <summary>The device is closed.</summary>
    DeviceClosed,

    /// <summary>The change could not be stored; nothing was changed.</summary>
    StorageFailed,

    /// <summary>The whole configuration changed since the caller read it.</summary>
    GenerationMismatch,

    /// <summary>An applied configuration waits for its confirmation; nothing else changes meanwhile.</summary>
    ConfirmationPending,

    /// <summary>The process is shutting down.</summary>
    ShuttingDown,

    /// <summary>There are as many of these as there may be.</summary>
    LimitExceeded,
}
