namespace NetControl.Engine;

/// <summary>Why a packet went no further. The return value of the packet path and the metric label (its name in snake case).</summary>
public enum DropReason : byte
{
    /// <summary>It was not dropped.</summary>
    None,

    /// <summary>Shorter than its headers, or lengths that contradict each other.</summary>
    Malformed,

    /// <summary>A checksum was wrong.</summary>
    BadChecksum,

    /// <summary>A source or destination that must not appear on a wire.</summary>
    Martian,

    /// <summary>A protocol that the stack does not carry.</summary>
    UnsupportedProtocol,

    /// <summary>A fragment that did not fit its datagram, overlapped, or came too late.</summary>
    BadFragment,

    /// <summary>No room for another incomplete datagram.</summary>
    ReassemblyLimit,

    /// <summary>A segment for a connection that does not exist; answered with a reset where RFC 9293 says so.</summary>
    NoSession,

    /// <summary>Too many connections are half open.</summary>
    HalfOpenLimit,

    /// <summary>Too many sessions.</summary>
    SessionLimit,

    /// <summary>The device has no way out for this protocol, or its way out refused the session.</summary>
    NoEgress,

    /// <summary>The upstream took no more datagrams.</summary>
    UpstreamFull,

    /// <summary>The datagram is larger than the way out can carry.</summary>
    TooLarge,

    /// <summary>The device's kernel queue took no more packets.</summary>
    DeviceFull,

    /// <summary>A reply for a session that has ended.</summary>
    SessionClosed,

    /// <summary>The owner loop's hand-off queue was full.</summary>
    HandOffFull,

    /// <summary>An answer was suppressed by a rate limit.</summary>
    RateLimited,

    /// <summary>A fault of ours; the log says more.</summary>
    InternalError,
}
