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

    /// <summary>It is being removed.</summary>
    Closing,
}
