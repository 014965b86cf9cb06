namespace NetControl.Stack.Wire;

/// <summary>What became of a packet that was parsed.</summary>
public enum ParseResult : byte
{
    /// <summary>Everything is there and right.</summary>
    Ok,

    /// <summary>Shorter than its headers, or lengths that contradict each other.</summary>
    Malformed,

    /// <summary>The IPv4 header checksum or the transport's checksum is wrong.</summary>
    BadChecksum,

    /// <summary>A source or destination that must not appear on a wire.</summary>
    Martian,

    /// <summary>A transport that the stack does not carry; the IP fields are valid.</summary>
    UnsupportedProtocol,

    /// <summary>An option that is broken, or that is not known and says that the packet must not be used without it.</summary>
    BadOption,

    /// <summary>The packet wants to be sent on along a route of its sender's choice.</summary>
    SourceRoute,

    /// <summary>IPv6 extension headers without end, or fragmented so that the transport does not show.</summary>
    BadExtension,

    /// <summary>One fragment of a larger packet; the IP and fragment fields are valid.</summary>
    Fragment,
}
