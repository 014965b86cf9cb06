using NetControl.Engine;
using NetControl.Engine.Devices;
using NetControl.Engine.Policies;
using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Engines;

/// <summary>The real device behind the control plane's edge.</summary>
internal sealed class EngineDeviceAdapter : IEngineDevice
{
    private readonly EngineDevice _device;

    public EngineDeviceAdapter(EngineDevice device)
    {
        _device = device;
    }

    public DeviceStatus Status => _device.Status;

    public Egress? StreamEgress
    {
        get => _device.StreamEgress;
        set => _device.StreamEgress = value;
    }

    public Egress? PacketEgress
    {
        get => _device.PacketEgress;
        set => _device.PacketEgress = value;
    }

    public PolicyModel? Policy
    {
        get => _device.Policy;
        set => _device.Policy = value;
    }

    public bool AcceptImmediately
    {
        get => _device.AcceptImmediately;
        set => _device.AcceptImmediately = value;
    }

    public void Update(DeviceSpec spec) => _device.Update(spec);

    public Task CloseAsync(SessionCause cause) => _device.CloseAsync(cause);
}
