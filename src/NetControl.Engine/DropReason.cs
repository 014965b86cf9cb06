namespace NetControl.Engine;

/// <summary>Why a packet went no further. The return value of the packet path and the metric label (its name in snake case).</summary>
public enum DropReason : byte
{
    /// <summary>It was not dropped.</summary>
    None,

    /// <summary>Shorter than its headers, or lengths that contradict each other; or no message of the protocol that a way out serves.</summary>
    Malformed,

    /// <summary>A checksum was wrong.</summary>
    BadChecksum,

    /// <summary>A source or destination that must not appear on a wire.</summary>
    Martian,

    /// <summary>To a group or a broadcast: there is none behind a proxy.</summary>
    Multicast,

    /// <summary>
    /// A protocol that the stack does not carry; answered with ICMP "protocol unreachable" or "unrecognized next header".
    /// </summary>
    UnsupportedProtocol,

    /// <summary>A message that an endpoint behind a TUN has no use for: neighbour discovery, multicast listeners, an echo reply.</summary>
    Ignored,

    /// <summary>An IP option that is broken, or that may not be overlooked and is not known.</summary>
    BadOption,

    /// <summary>A packet with a source route, or a routing header that is not yet used up.</summary>
    SourceRoute,

    /// <summary>IPv6 extension headers without end, or cut off by fragmentation.</summary>
    BadExtension,

    /// <summary>A fragment that overlaps another or contradicts it; the whole datagram is lost.</summary>
    BadFragment,

    /// <summary>A datagram whose fragments did not all come in time. Counted once for the datagram.</summary>
    ReassemblyTimeout,

    /// <summary>An incomplete datagram gave way for want of room, or a fragment found none.</summary>
    ReassemblyLimit,

    /// <summary>A segment for a connection that does not exist; answered with a reset where RFC 9293 says so.</summary>
    NoSession,

    /// <summary>Too many connections are half open; the SYN is dropped without an answer, and the client tries again.</summary>
    HalfOpenLimit,

    /// <summary>Too many sessions; a SYN is answered with a reset, a datagram with ICMP "administratively prohibited".</summary>
    SessionLimit,

    /// <summary>The device has no way out for this protocol, or its way out refused the session.</summary>
    NoEgress,

    /// <summary>The device's policy refuses it.</summary>
    PolicyDenied,

    /// <summary>The upstream took no more datagrams.</summary>
    UpstreamFull,

    /// <summary>The datagram is larger than the way out can carry.</summary>
    TooLarge,

    /// <summary>The device's kernel queue took no more packets.</summary>
    DeviceFull,

    /// <summary>A reply from an address that the application has not sent to, with address-dependent filtering.</summary>
    Filtered,

    /// <summary>A reply for a session that has ended.</summary>
    SessionClosed,

    /// <summary>The owner loop's hand-off queue was full.</summary>
    HandOffFull,

    /// <summary>An ICMP error of ours was held back by the rate limit. The packet that it was about counts under its own reason.</summary>
    RateLimited,

    /// <summary>A fault of ours; the log says more.</summary>
    InternalError,

    /// <summary>A packet of our own upstream socket came back into the device; answered with a reset or ICMP "prohibited".</summary>
    UpstreamLoop,

    /// <summary>Too many sessions of one application address; answered as with <see cref="SessionLimit"/>.</summary>
    SourceLimit,

    /// <summary>Too many sessions to one destination; a SYN is answered with a reset.</summary>
    DestinationLimit,
}
