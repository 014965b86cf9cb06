using NetControl.Stack.Tcp.Congestion;

namespace NetControl.Stack.Tcp;

/// <summary>What a connection is built with: the device's limits and the policies of its loop. Shared by all connections, never changed.</summary>
public sealed record TcpParameters
{
    /// <summary>The MSS we advertise: the device's MTU less 40 (IPv4).</summary>
    public int MssV4 { get; init; } = 1460;

    /// <summary>The MSS we advertise over IPv6: the device's MTU less 60.</summary>
    public int MssV6 { get; init; } = 1440;

    /// <summary>The congestion control.</summary>
    public CongestionAlgorithm CongestionControl { get; init; }

    /// <summary>The most payload in one super-segment; 0 where the device cannot split.</summary>
    public int MaxSuperSegment { get; init; }

    /// <summary>The receive window that a connection starts with, in bytes. Costs no memory until bytes wait in it.</summary>
    public int InitialReceiveWindow { get; init; } = 256 << 10;

    /// <summary>The most bytes that a connection buffers in each direction, and so its largest window.</summary>
    public int MaxBuffer { get; init; } = 4 << 20;

    /// <summary>How long an acknowledgement may wait for company, in microseconds (RFC 9293: under 500 ms).</summary>
    public long DelayedAckMicros { get; init; } = 25_000;

    /// <summary>The smallest retransmission timeout, in microseconds. RFC 6298 says 1 s; like Linux we trust the RTT variance down to 200 ms.</summary>
    public long MinRtoMicros { get; init; } = 200_000;

    /// <summary>The largest retransmission timeout, in microseconds (RFC 6298 section 2.5).</summary>
    public long MaxRtoMicros { get; init; } = 60_000_000;

    /// <summary>How long a connection may be silent before the client is asked whether it is still there (RFC 9293 3.8.4); 0: never.</summary>
    public long KeepAliveMicros { get; init; } = 7_200_000_000;

    /// <summary>How long such a question waits for its answer before the next.</summary>
    public long KeepAliveIntervalMicros { get; init; } = 75_000_000;

    /// <summary>How many questions may stay unanswered before the client is given up.</summary>
    public int MaxKeepAlives { get; init; } = 9;

    /// <summary>
    /// How often a SYN-ACK is sent again before the client is given up: 1 + 2 + 4 + ... + 60 s are the three minutes of RFC 9293's R2 for a SYN.
    /// </summary>
    public int MaxSynRetries { get; init; } = 8;

    /// <summary>How long data may stay unacknowledged before the client is given up, in microseconds (RFC 9293's R2: at least 100 s).</summary>
    public long GiveUpMicros { get; init; } = 120_000_000;
}
