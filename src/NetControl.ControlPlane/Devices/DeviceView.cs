using NetControl.ControlPlane.Conditions;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Specs;
using NetControl.Engine.Devices;

namespace NetControl.ControlPlane.Devices;

/// <summary>A device as reads give it.</summary>
/// <param name="Meta">What every resource tells.</param>
/// <param name="Spec">What was asked for.</param>
/// <param name="Phase">What it is doing.</param>
/// <param name="Status">What it turned out to be; null until it is open.</param>
/// <param name="Fault">Why it cannot be opened; empty when it is.</param>
/// <param name="Conditions">What is so about it.</param>
public sealed record DeviceView(ResourceMeta Meta, TunSpec Spec, DevicePhase Phase, DeviceStatus? Status, string Fault,
    IReadOnlyList<Condition> Conditions);
