namespace NetControl.Transport.Http2;

/// <summary>How much a connection may hold and tolerate, each with its reason.</summary>
internal static class Http2Limits
{
    /// <summary>What a stream may send us before its reader has taken any of it: 100 Mbit/s at 20 ms.</summary>
    public const int StreamWindow = 256 << 10;

    /// <summary>What a stream's window grows to when its reader keeps up: 640 Mbit/s at 100 ms. A reader that stalls holds no more than this.</summary>
    public const int MaxStreamWindow = 8 << 20;

    /// <summary>What all streams together may send: never in the way, because it is given back on receipt, not when a reader has come.</summary>
    public const int ConnectionWindow = 16 << 20;

    /// <summary>Payload that waits for the connection to take it. More only adds delay.</summary>
    public const int DataBacklog = 64 << 10;

    /// <summary>All that waits, frames of control included. A peer that makes us speak and does not listen meets it.</summary>
    public const int Backlog = 128 << 10;

    /// <summary>A header block in all its pieces, and the fields in it.</summary>
    public const int HeaderBlock = 16 << 10;

    /// <summary>What of the peer's wishes is assumed until it has said (RFC 9113 section 6.5.2 recommends no less).</summary>
    public const int AssumedStreams = 100;

    /// <summary>Frames between two ticks that carry nothing: pings, settings, priorities, empty data.</summary>
    public const int IdleFrames = 10_000;

    /// <summary>How often a connection looks at itself.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromSeconds(5);

    /// <summary>After so many ticks in which nothing came the peer is asked whether it is there ...</summary>
    public const int TicksToPing = 3;

    /// <summary>... and after so many it is taken to be gone.</summary>
    public const int TicksToDeath = 6;

    /// <summary>A connection without streams is kept for so many ticks.</summary>
    public const int TicksToIdleEnd = 12;

    /// <summary>A connection that takes longer to open is joined by no further dial: another attempt may fare better.</summary>
    public static readonly TimeSpan PatienceWithOpening = TimeSpan.FromSeconds(5);
}
