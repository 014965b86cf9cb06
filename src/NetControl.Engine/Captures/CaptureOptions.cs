namespace NetControl.Engine.Captures;

/// <summary>What a capture records and when it ends. Already validated by the control plane.</summary>
public sealed record CaptureOptions
{
    /// <summary>The most bytes of a packet that can be kept: the largest IP packet.</summary>
    public const int MaxSnapLength = 65_535;

    /// <summary>The smallest buffer: less could not hold a few of the largest packets of each queue.</summary>
    public const int MinBufferBytes = 256 << 10;

    /// <summary>The largest buffer.</summary>
    public const int MaxBufferBytes = 64 << 20;

    /// <summary>Which packets.</summary>
    public CaptureFilter Filter { get; init; } = CaptureFilter.All;

    /// <summary>How many bytes of each packet are kept, 1 to <see cref="MaxSnapLength"/>.</summary>
    public int SnapLength { get; init; } = MaxSnapLength;

    /// <summary>How many bytes may wait for the reader, in all queues together.</summary>
    public int BufferBytes { get; init; } = 4 << 20;

    /// <summary>The most packets; 0 is no limit.</summary>
    public long MaxPackets { get; init; }

    /// <summary>The most bytes of packet blocks; 0 is no limit. A packet that would exceed it is the end.</summary>
    public long MaxBytes { get; init; }
}
