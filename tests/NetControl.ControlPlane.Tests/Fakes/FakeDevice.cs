using NetControl.ControlPlane.Engines;
using NetControl.Engine;
using NetControl.Engine.Devices;
using NetControl.Engine.Policies;
using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Tests.Fakes;

/// <summary>A device of the fake engine.</summary>
internal sealed class FakeDevice : IEngineDevice
{
    private readonly FakeEngine _engine;

    public FakeDevice(FakeEngine engine, DeviceSpec spec)
    {
        _engine = engine;
        Spec = spec;
    }

    public DeviceSpec Spec { get; private set; }

    /// <summary>What it was changed to, in order.</summary>
    public List<DeviceSpec> Updates { get; } = [];

    /// <summary>Called after each successful <see cref="Update"/>.</summary>
    public Action? AfterUpdate { get; set; }

    /// <summary>Thrown by the next <see cref="Update"/>.</summary>
    public Exception? NextUpdateFails { get; set; }

    public DeviceStatus Status => new()
    {
        InterfaceName = Spec.InterfaceName,
        InterfaceIndex = 7,
        Mtu = Spec.Mtu == 0 ? 1500 : Spec.Mtu,
        Queues = 1,
        Adopted = false,
        Offloads = ["vnet-header", "checksum"],
        Warnings = [],
    };

    public Egress? StreamEgress { get; set; }

    public Egress? PacketEgress { get; set; }

    public PolicyModel? Policy { get; set; }

    public bool AcceptImmediately { get; set; }

    public bool Closed { get; private set; }

    /// <summary>Thrown when it is closed.</summary>
    public Exception? CloseFails { get; set; }

    public void Update(DeviceSpec spec)
    {
        if (NextUpdateFails is { } e)
        {
            NextUpdateFails = null;
            throw e;
        }

        Spec = spec;
        Updates.Add(spec);
        AfterUpdate?.Invoke();
    }

    public async Task CloseAsync(SessionCause cause)
    {
        Closed = true;
        if (CloseFails is { } e)
        {
            throw e;
        }

        await _engine.CloseSessionsAsync((in SessionInfo s) => s.Device == Spec.Name, cause, CancellationToken.None);
    }
}
