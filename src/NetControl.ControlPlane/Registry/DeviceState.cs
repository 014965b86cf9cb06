using NetControl.ControlPlane.Engines;
using NetControl.ControlPlane.Specs;

namespace NetControl.ControlPlane.Registry;

/// <summary>A device: its spec, and the engine's device once it is open.</summary>
internal sealed class DeviceState : ResourceState
{
    public DeviceState(TunSpec spec, DateTimeOffset now)
        : base(spec.Name, now)
    {
        Spec = spec;
    }

    public TunSpec Spec { get; set; }

    /// <summary>Null while it is being opened: the name is taken, nothing else may touch it.</summary>
    public IEngineDevice? Device { get; set; }

    public bool Closing { get; set; }
}
