namespace NetControl.Stack.Ip;

/// <summary>What became of a fragment.</summary>
public enum ReassemblyResult : byte
{
    /// <summary>It is kept until the others come.</summary>
    Held,

    /// <summary>It was the last one missing: the packet is whole.</summary>
    Complete,

    /// <summary>It was there already, byte for byte; dropped, the datagram goes on.</summary>
    Duplicate,

    /// <summary>It overlaps another: the whole datagram is dropped, and what still comes of it (RFC 5722).</summary>
    Overlap,

    /// <summary>It contradicts the others about the datagram's end: the whole datagram is dropped, and what still comes of it.</summary>
    Inconsistent,

    /// <summary>The datagram would be longer than an IP packet can be, or in too many pieces: it is dropped whole.</summary>
    TooLarge,

    /// <summary>It needs more memory than there is for fragments.</summary>
    Limit,
}
