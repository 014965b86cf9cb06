namespace NetControl.Network;

/// <summary>Why a device, a packet proxy or one of its sessions refused an operation.</summary>
public enum NetworkError
{
    /// <summary>The object is closed, or was closed by another thread during the call.</summary>
    Closed,

    /// <summary>The remote port cannot be reached through this proxy.</summary>
    PortUnreachable,

    /// <summary>The packet is larger than the device's MTU, or the datagram larger than UDP can carry.</summary>
    MessageTooLarge,

    /// <summary>The datagram is not a message of the protocol that this proxy serves.</summary>
    InvalidMessage,
}
