namespace NetControl.ControlPlane.Devices;

/// <summary>What draining a device did.</summary>
/// <param name="Device">The device as it is now.</param>
/// <param name="Sessions">Live sessions that go on, until the deadline if there is one.</param>
public sealed record DrainResult(DeviceView Device, long Sessions);
