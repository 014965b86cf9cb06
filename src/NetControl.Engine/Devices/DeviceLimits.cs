namespace NetControl.Engine.Devices;

/// <summary>What one device may take. The engine's own limits (<see cref="EngineOptions"/>) hold for all devices together.</summary>
public sealed record DeviceLimits
{
    /// <summary>The most TCP sessions. Beyond it a SYN is answered with a reset.</summary>
    public long MaxTcpSessions { get; init; } = 131_072;

    /// <summary>The most UDP sessions. Beyond it a datagram is answered with ICMP "administratively prohibited".</summary>
    public long MaxUdpSessions { get; init; } = 65_536;

    /// <summary>
    /// The most TCP sessions whose dial or handshake goes on. Beyond it a SYN is dropped, or takes the place of one that hangs.
    /// </summary>
    public long MaxHalfOpen { get; init; } = 4096;

    /// <summary>The most bytes in the buffers of all TCP sessions. Beyond it windows close; nothing dies.</summary>
    public long MaxBufferBytes { get; init; } = 256L << 20;

    /// <summary>The most bytes of datagrams whose fragments are not all there. Beyond it the oldest give way.</summary>
    public long MaxReassemblyBytes { get; init; } = 8L << 20;

    /// <summary>The most sessions, TCP and UDP together, of one application address; 0 is no limit. Beyond it as beyond the others.</summary>
    public long MaxSessionsPerSource { get; init; }

    /// <summary>The most TCP sessions to one destination, an address with a port; 0 is no limit. Beyond it a SYN is answered with a
    /// reset.</summary>
    public long MaxSessionsPerDestination { get; init; }
}
