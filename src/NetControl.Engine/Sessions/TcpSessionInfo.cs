using NetControl.Engine.Devices;

namespace NetControl.Engine.Sessions;

/// <summary>The TCP machine's inner values, for one session on demand.</summary>
public readonly record struct TcpSessionInfo
{
    /// <summary>The RFC 9293 state's name, e.g. <c>ESTABLISHED</c>.</summary>
    public required string State { get; init; }

    /// <summary>The largest segment sent to the client, in bytes of payload.</summary>
    public required int SendMss { get; init; }

    /// <summary>The congestion window in bytes.</summary>
    public required long CongestionWindow { get; init; }

    /// <summary>Bytes sent and not yet acknowledged.</summary>
    public required long BytesInFlight { get; init; }

    /// <summary>The client's receive window in bytes.</summary>
    public required long SendWindow { get; init; }

    /// <summary>The window last advertised to the client, in bytes.</summary>
    public required long ReceiveWindow { get; init; }

    /// <summary>Bytes waiting for the client, acknowledged ones excluded.</summary>
    public required long SendQueueBytes { get; init; }

    /// <summary>Bytes from the client that the upstream has not taken yet.</summary>
    public required long ReceiveQueueBytes { get; init; }

    /// <summary>The smoothed round-trip time, or zero before the first sample.</summary>
    public required TimeSpan SmoothedRtt { get; init; }

    /// <summary>The variation of the round-trip time, or zero before the first sample.</summary>
    public required TimeSpan RttVariation { get; init; }

    /// <summary>The retransmission timeout.</summary>
    public required TimeSpan RetransmissionTimeout { get; init; }

    /// <summary>Segments sent again.</summary>
    public required long Retransmits { get; init; }

    /// <summary>The slow-start threshold in bytes, or zero while nothing has set one.</summary>
    public required long SlowStartThreshold { get; init; }

    /// <summary>The congestion control.</summary>
    public required CongestionControl CongestionControl { get; init; }

    /// <summary>What it does about losses.</summary>
    public required LossRecovery Recovery { get; init; }

    /// <summary>Buffer memory held, in bytes.</summary>
    public required long BufferBytes { get; init; }
}
