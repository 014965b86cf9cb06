using NetControl.Engine.Devices;
using NetControl.Network;

namespace NetControl.Engine.Budgets;

/// <summary>What one device may have, and has.</summary>
internal sealed class DeviceBudgets(DeviceLimits limits, EngineBudgets engine)
{
    /// <summary>TCP sessions.</summary>
    public BudgetShare TcpSessions { get; } = new(engine.Sessions, limits.MaxTcpSessions);

    /// <summary>UDP sessions.</summary>
    public BudgetShare UdpSessions { get; } = new(engine.Sessions, limits.MaxUdpSessions);

    /// <summary>TCP sessions whose dial or handshake goes on.</summary>
    public BudgetShare HalfOpen { get; } = new(engine.HalfOpen, limits.MaxHalfOpen);

    /// <summary>Bytes of incomplete datagrams.</summary>
    public BudgetShare Reassembly { get; } = new(engine.Reassembly, limits.MaxReassemblyBytes);

    /// <summary>Sessions by the application's address.</summary>
    public AddressCap<IpAddr> Sources { get; } = new(limits.MaxSessionsPerSource);

    /// <summary>TCP sessions by destination.</summary>
    public AddressCap<AddrPort> Destinations { get; } = new(limits.MaxSessionsPerDestination);

    /// <summary>Takes other limits.</summary>
    public void SetLimits(DeviceLimits limits)
    {
        TcpSessions.Limit = limits.MaxTcpSessions;
        UdpSessions.Limit = limits.MaxUdpSessions;
        HalfOpen.Limit = limits.MaxHalfOpen;
        Reassembly.Limit = limits.MaxReassemblyBytes;
        Sources.Limit = limits.MaxSessionsPerSource;
        Destinations.Limit = limits.MaxSessionsPerDestination;
    }
}
