using NetControl.Stack.Tcp.Congestion;

namespace NetControl.Stack.Tcp;

/// <summary>A connection's inner values at one moment.</summary>
public readonly record struct TcpSnapshot
{
    /// <summary>The state.</summary>
    public required TcpState State { get; init; }

    /// <summary>The payload of a full segment.</summary>
    public required int SendMss { get; init; }

    /// <summary>The congestion window in bytes.</summary>
    public required long CongestionWindow { get; init; }

    /// <summary>The slow-start threshold in bytes.</summary>
    public required long SlowStartThreshold { get; init; }

    /// <summary>Sequence numbers sent and not acknowledged.</summary>
    public required long BytesInFlight { get; init; }

    /// <summary>The peer's window.</summary>
    public required long SendWindow { get; init; }

    /// <summary>The window that the peer has been offered and has not used.</summary>
    public required long ReceiveWindow { get; init; }

    /// <summary>Bytes in the send buffer.</summary>
    public required long SendQueue { get; init; }

    /// <summary>Bytes in order in the receive buffer.</summary>
    public required long ReceiveQueue { get; init; }

    /// <summary>The smoothed round-trip time, 0 before the first sample.</summary>
    public required long SmoothedRttMicros { get; init; }

    /// <summary>The variation of the round-trip time, 0 before the first sample.</summary>
    public required long RttVariationMicros { get; init; }

    /// <summary>The retransmission timeout.</summary>
    public required long RtoMicros { get; init; }

    /// <summary>Segments sent again.</summary>
    public required long Retransmits { get; init; }

    /// <summary>The congestion control.</summary>
    public required CongestionAlgorithm CongestionControl { get; init; }

    /// <summary>What it does about losses.</summary>
    public required TcpRecovery Recovery { get; init; }

    /// <summary>Buffer memory held.</summary>
    public required long BufferBytes { get; init; }
}
