namespace NetControl.Engine.Budgets;

/// <summary>What all devices of an engine share.</summary>
internal sealed class EngineBudgets(EngineOptions options)
{
    /// <summary>TCP and UDP sessions.</summary>
    public Budget Sessions { get; } = new(options.MaxSessions);

    /// <summary>TCP sessions whose dial or handshake goes on.</summary>
    public Budget HalfOpen { get; } = new(options.MaxHalfOpen);

    /// <summary>Bytes of incomplete datagrams.</summary>
    public Budget Reassembly { get; } = new(options.ReassemblyBudgetBytes);

    /// <summary>Counts a device in (1) or out (-1).</summary>
    public void AddDevices(int count)
    {
        Sessions.AddMembers(2 * count); // a device's TCP and its UDP have each a share
        HalfOpen.AddMembers(count);
        Reassembly.AddMembers(count);
    }
}
