namespace NetControl.Engine;

/// <summary>What a <see cref="PacketEngine"/> is built with. Immutable; a change needs a new engine.</summary>
public sealed record EngineOptions
{
    /// <summary>How many event loops, each a dedicated thread. 0 means one for each CPU the process may use.</summary>
    public int Loops { get; init; }

    /// <summary>The mark (SO_MARK) on every upstream socket; the route set-up's policy rules let marked packets pass by the devices. 0 means none.</summary>
    public uint Mark { get; init; } = 0x4E43;

    /// <summary>The routing table for declared routes; the default routes go to the table after it.</summary>
    public uint RoutingTable { get; init; } = 20035;

    /// <summary>The priority of the first of the three policy rules that the engine installs.</summary>
    public uint RulePriority { get; init; } = 9000;

    /// <summary>The time a dial may take before its client is told that it timed out.</summary>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The most bytes that all sessions' buffers may hold. Beyond it windows close; nothing dies.</summary>
    public long BufferBudgetBytes { get; init; } = 512L << 20;

    /// <summary>The most bytes that one session may buffer in each direction.</summary>
    public int SessionBufferBytes { get; init; } = 4 << 20;

    /// <summary>The most TCP sessions whose dial or handshake is still going on, per loop. Beyond it a SYN is dropped and counted.</summary>
    public int MaxHalfOpen { get; init; } = 4096;

    /// <summary>The most sessions, TCP and UDP, per loop. Beyond it a SYN is answered with a reset and a datagram dropped, both counted.</summary>
    public int MaxSessions { get; init; } = 262_144;

    /// <summary>How many session events a loop keeps for the reader before it counts them as lost. A power of two.</summary>
    public int EventRingCapacity { get; init; } = 16_384;
}
