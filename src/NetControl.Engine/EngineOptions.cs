namespace NetControl.Engine;

/// <summary>What a <see cref="PacketEngine"/> is built with. Immutable; a change needs a new engine.</summary>
public sealed record EngineOptions
{
    /// <summary>How many event loops, each a dedicated thread. 0 means one for each CPU the process may use.</summary>
    public int Loops { get; init; }

    /// <summary>The mark (SO_MARK) on every upstream socket; the route set-up's policy rules let marked packets pass by the devices. 0 means none.</summary>
    public uint Mark { get; init; } = 0x4E43;

    /// <summary>The routing table for declared routes; the default routes go to the table after it, the kill switch's to the two behind that.</summary>
    public uint RoutingTable { get; init; } = 20035;

    /// <summary>The node of the kernel's TUN driver.</summary>
    public string TunPath { get; init; } = "/dev/net/tun";

    /// <summary>The priority of the first of the policy rules that the engine installs; they take six numbers from there, and the one
    /// before.</summary>
    public uint RulePriority { get; init; } = 9000;

    /// <summary>The time a dial may take before its client is told that it timed out.</summary>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The most bytes that all sessions' buffers may hold, divided among the loops. Beyond it windows close; nothing dies.
    /// </summary>
    public long BufferBudgetBytes { get; init; } = 512L << 20;

    /// <summary>The most bytes that one session may buffer in each direction.</summary>
    public int SessionBufferBytes { get; init; } = 4 << 20;

    /// <summary>
    /// The most TCP sessions of all devices whose dial or handshake is still going on; a device within its fair share is not refused for
    /// it.
    /// Beyond it a SYN is dropped and counted, or takes the place of one that has hung for <see cref="HalfOpenGrace"/>.
    /// </summary>
    public int MaxHalfOpen { get; init; } = 16_384;

    /// <summary>How long a dial or handshake may take before a newcomer may push it out when there are too many.</summary>
    public TimeSpan HalfOpenGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The most sessions, TCP and UDP, of all devices; a device within its fair share is not refused for it. Beyond it a SYN is answered
    /// with
    /// a reset and a datagram with ICMP, and both are counted and told as rejected sessions.
    /// </summary>
    public int MaxSessions { get; init; } = 262_144;

    /// <summary>
    /// The most bytes of incomplete datagrams of all devices. Beyond it the oldest of the device that wants more give way.
    /// </summary>
    public long ReassemblyBudgetBytes { get; init; } = 32L << 20;

    /// <summary>How many ICMP errors a queue sends each second (RFC 1812 section 4.3.2.8, RFC 4443 section 2.4 f). 0 sends none.</summary>
    public int IcmpErrorsPerSecond { get; init; } = 200;

    /// <summary>How many ICMP errors a queue may send at once after a quiet time.</summary>
    public int IcmpErrorBurst { get; init; } = 50;

    /// <summary>How many session events a loop keeps for the reader before it counts them as lost. A power of two.</summary>
    public int EventRingCapacity { get; init; } = 16_384;
}
