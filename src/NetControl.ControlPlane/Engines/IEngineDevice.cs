using NetControl.Engine;
using NetControl.Engine.Devices;
using NetControl.Engine.Policies;
using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Engines;

/// <summary>An open device, as the control plane sees it; see <see cref="EngineDevice"/>.</summary>
internal interface IEngineDevice
{
    DeviceStatus Status { get; }

    Egress? StreamEgress { get; set; }

    Egress? PacketEgress { get; set; }

    PolicyModel? Policy { get; set; }

    bool AcceptImmediately { get; set; }

    void Update(DeviceSpec spec);

    Task CloseAsync(SessionCause cause);
}
