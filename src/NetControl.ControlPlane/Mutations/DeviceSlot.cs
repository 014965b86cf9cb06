using NetControl.ControlPlane.Engines;
using NetControl.ControlPlane.Errors;

namespace NetControl.ControlPlane.Mutations;

/// <summary>The living side of a device: the engine's device, or why there is none.</summary>
/// <remarks>Guarded by the gate of <see cref="Runtimes"/>.</remarks>
internal sealed class DeviceSlot
{
    /// <summary>Null while it cannot be opened.</summary>
    public IEngineDevice? Device { get; set; }

    /// <summary>Why it could not be opened, the last time.</summary>
    public ControlPlaneException? Fault { get; set; }

    /// <summary>The drain whose deadline counts; an earlier one's does not.</summary>
    public object? Drain { get; set; }

    /// <summary>The process is about to end: new sessions are rejected.</summary>
    public bool Ending { get; set; }

    /// <summary>The process ends, and takes it along.</summary>
    public bool Closing { get; set; }
}
