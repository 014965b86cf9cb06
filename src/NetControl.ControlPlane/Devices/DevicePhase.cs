namespace NetControl.ControlPlane.Devices;

/// <summary>What a device is doing.</summary>
public enum DevicePhase
{
    /// <summary>It is being set up.</summary>
    Starting,

    /// <summary>It passes traffic.</summary>
    Ready,

    /// <summary>Nothing usable is attached.</summary>
    Blocked,

    /// <summary>New sessions are rejected, older ones go on.</summary>
    Draining,

    /// <summary>It cannot be opened; it is tried again and again.</summary>
    Failed,

    /// <summary>It is being removed.</summary>
    Closing,
}
