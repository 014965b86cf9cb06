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

    /// <summary>A transport, or an IPv6 extension, that the stack does not carry; the IP fields are valid.</summary>
    UnsupportedProtocol,

    /// <summary>One fragment of a larger packet; the IP and fragment fields are valid.</summary>
    Fragment,
}
