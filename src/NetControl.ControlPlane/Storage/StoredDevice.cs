using NetControl.ControlPlane.Specs;

namespace NetControl.ControlPlane.Storage;

/// <summary>A device as it is written: the draft, and whether it is draining.</summary>
/// <param name="Draft">What was asked for.</param>
/// <param name="Draining">Whether new sessions are rejected.</param>
internal sealed record StoredDevice(DeviceDraft Draft, bool Draining);
