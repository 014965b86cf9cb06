namespace NetControl.Engine.Captures;

/// <summary>Which way packets go that a capture is about; none means both.</summary>
[Flags]
public enum CaptureDirections
{
    /// <summary>No choice: both ways.</summary>
    None = 0,

    /// <summary>From the application into the device.</summary>
    FromApplication = 1,

    /// <summary>From the device to the application.</summary>
    ToApplication = 2,
}
