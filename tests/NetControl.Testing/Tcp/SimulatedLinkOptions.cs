namespace NetControl.Testing.Tcp;

/// <summary>What one direction of a simulated link does to segments.</summary>
public sealed record SimulatedLinkOptions
{
    /// <summary>Bits per second; 0: no limit.</summary>
    public long BitsPerSecond { get; init; }

    /// <summary>The one-way delay in microseconds.</summary>
    public int DelayMicros { get; init; } = 500;

    /// <summary>Bytes that may wait for the wire; what comes on top is lost.</summary>
    public int QueueBytes { get; init; } = int.MaxValue;

    /// <summary>The probability that a segment is lost.</summary>
    public double Loss { get; init; }

    /// <summary>Whether a super-segment is lost as one, as a hook of the kernel in front of which nothing splits it drops it.</summary>
    public bool LoseWhole { get; init; }

    /// <summary>Segments arrive together at multiples of so many microseconds, as from a busy host; 0: each by itself.</summary>
    public int BatchMicros { get; init; }

    /// <summary>The probability that a segment arrives twice.</summary>
    public double Duplication { get; init; }

    /// <summary>The probability that a segment is held up, and so overtaken.</summary>
    public double Reordering { get; init; }

    /// <summary>How long such a segment is held up at most, in microseconds.</summary>
    public int ReorderMicros { get; init; } = 5000;
}
