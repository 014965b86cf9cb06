namespace NetControl.Stack.Wire;

/// <summary>What is wrong with a packet that its sender should hear of; <see cref="ParsedPacket.ProblemPointer"/> says where.</summary>
public enum IpProblem : byte
{
    /// <summary>Nothing, or nothing that may be told.</summary>
    None,

    /// <summary>A field or option of the header makes no sense (RFC 792; RFC 4443 section 3.4, code 0).</summary>
    HeaderField,

    /// <summary>IPv4: a protocol that is not carried (RFC 1122 section 3.2.2.1: protocol unreachable).</summary>
    Protocol,

    /// <summary>IPv6: a next header that is not known (RFC 8200 section 4, code 1).</summary>
    NextHeader,

    /// <summary>
    /// IPv6: an option that is not known and asks to be reported, unless the packet was for a group (RFC 8200 section 4.2, code 2).
    /// </summary>
    Option,

    /// <summary>
    /// IPv6: an option that is not known and asks to be reported whatever the destination (RFC 8200 section 4.2, code 2).
    /// </summary>
    OptionForAll,

    /// <summary>IPv6: a first fragment without all headers up to the transport's (RFC 7112, code 3).</summary>
    IncompleteChain,

    /// <summary>IPv6: more extension headers than are walked (RFC 8883 section 3.1, code 8).</summary>
    TooManyExtensions,
}
