using NetControl.Engine.Devices;
using NetControl.Engine.Sessions;

namespace NetControl.Engine;

/// <summary>The engine's counters at one moment, summed over the loops. Every value only grows, except those called active.</summary>
public sealed class EngineCounters
{
    /// <summary>One row for each device.</summary>
    public required IReadOnlyList<DeviceCounters> Devices { get; init; }

    /// <summary>One row for each device, delegate, protocol and family that ever had a session.</summary>
    public required IReadOnlyList<SessionCounters> Sessions { get; init; }

    /// <summary>One row for each loop.</summary>
    public required IReadOnlyList<LoopCounters> Loops { get; init; }

    /// <summary>Bytes held by the buffer pools, in use or free.</summary>
    public required long BufferPoolBytes { get; init; }
}

/// <summary>What went through one device.</summary>
/// <param name="Device">The device's name.</param>
/// <param name="PacketsIn">Packets read from the device (client to upstream).</param>
/// <param name="BytesIn">Their bytes, IP headers included.</param>
/// <param name="PacketsOut">Packets written to the device.</param>
/// <param name="BytesOut">Their bytes.</param>
/// <param name="Drops">Dropped packets, indexed by <see cref="DropReason"/>.</param>
/// <param name="Retransmits">TCP segments sent again.</param>
/// <param name="ResetsSent">TCP resets sent to clients, for whatever reason.</param>
/// <param name="ResetsReceived">TCP resets that clients sent.</param>
/// <param name="HalfOpen">Active: TCP sessions whose dial or handshake goes on.</param>
public sealed record DeviceCounters(
    string Device,
    long PacketsIn,
    long BytesIn,
    long PacketsOut,
    long BytesOut,
    IReadOnlyList<long> Drops,
    long Retransmits,
    long ResetsSent,
    long ResetsReceived,
    long HalfOpen)
{
    /// <summary>How many of the resets sent told a client of its upstream's fate; the others are of our own making.</summary>
    public long ResetsPassedOn { get; init; }

    /// <summary>Active: what the device has of what it is limited in.</summary>
    public DeviceUsage Usage { get; init; }

    /// <summary>The limits.</summary>
    public DeviceLimits Limits { get; init; } = new();
}

/// <summary>What the sessions of one device through one delegate did.</summary>
/// <param name="Device">The device's name.</param>
/// <param name="Delegate">The delegate's name, or the proxy's when attached directly; empty when there was none.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="IsV4">The family of the client's address.</param>
/// <param name="Opened">Sessions opened.</param>
/// <param name="Closed">Sessions closed, indexed by <see cref="SessionCause"/>.</param>
/// <param name="BytesSent">Payload bytes handed to the upstream, by live and ended sessions.</param>
/// <param name="BytesReceived">Payload bytes taken from the upstream.</param>
public sealed record SessionCounters(
    string Device,
    string Delegate,
    SessionProtocol Protocol,
    bool IsV4,
    long Opened,
    IReadOnlyList<long> Closed,
    long BytesSent,
    long BytesReceived);

/// <summary>What one loop did.</summary>
/// <param name="Name">The thread's name.</param>
/// <param name="Turns">Turns of the loop.</param>
/// <param name="BusyTime">Time not spent waiting.</param>
/// <param name="Sessions">Active: sessions owned.</param>
/// <param name="UpstreamDatagramsDropped">Datagrams that an upstream socket did not take.</param>
public sealed record LoopCounters(string Name, long Turns, TimeSpan BusyTime, long Sessions, long UpstreamDatagramsDropped);
