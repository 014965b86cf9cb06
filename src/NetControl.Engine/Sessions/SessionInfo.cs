using NetControl.Engine.Policies;
using NetControl.Network;

namespace NetControl.Engine.Sessions;

/// <summary>What is known of a session at one moment: the payload of events, and of a snapshot. A plain copy, safe to keep.</summary>
public readonly record struct SessionInfo
{
    /// <summary>Unique in the process's life; never used again.</summary>
    public required ulong Id { get; init; }

    /// <summary>The device's name as given in its spec.</summary>
    public required string Device { get; init; }

    /// <summary>The way out the session was born with; null if it was rejected because there was none.</summary>
    public required EgressModel? Egress { get; init; }

    /// <summary>TCP or UDP.</summary>
    public required SessionProtocol Protocol { get; init; }

    /// <summary>The application's socket.</summary>
    public required AddrPort Source { get; init; }

    /// <summary>The destination: of the connection, or of a UDP session's first datagram.</summary>
    public required AddrPort Destination { get; init; }

    /// <summary>How far it has come.</summary>
    public required SessionState State { get; init; }

    /// <summary>Why it ended; <see cref="SessionCause.None"/> while it lives.</summary>
    public required SessionCause Cause { get; init; }

    /// <summary>When it was born (UTC ticks of <see cref="DateTime"/>).</summary>
    public required long OpenedUtcTicks { get; init; }

    /// <summary>When it ended (UTC ticks), or 0.</summary>
    public required long ClosedUtcTicks { get; init; }

    /// <summary>How long the upstream dial took, or 0 while it goes on. UDP: 0.</summary>
    public required TimeSpan DialDuration { get; init; }

    /// <summary>How much of it was the connection to the first server of the way; 0 where that is not known. UDP: 0.</summary>
    public TimeSpan ConnectDuration { get; init; }

    /// <summary>How long after its birth the first byte came from the upstream; 0 while none has. UDP: 0.</summary>
    public TimeSpan FirstByteDuration { get; init; }

    /// <summary>Why the dial failed, as a sentence; null where it did not, or where nothing but time ended it.</summary>
    public string? DialError { get; init; }

    /// <summary>Payload bytes handed to the upstream.</summary>
    public required long BytesSent { get; init; }

    /// <summary>Payload bytes taken from the upstream.</summary>
    public required long BytesReceived { get; init; }

    /// <summary>
    /// Packets from the client that belong to the session (a TSO super-packet counts once). Of a session that was refused before it began:
    /// how many such attempts the event stands for.
    /// </summary>
    public required long PacketsSent { get; init; }

    /// <summary>Packets to the client (a TSO super-packet counts once).</summary>
    public required long PacketsReceived { get; init; }

    /// <summary>The rule of the device's policy that decided its way at its birth; null where there is no policy.</summary>
    public PolicyRuleModel? Rule { get; init; }
}
