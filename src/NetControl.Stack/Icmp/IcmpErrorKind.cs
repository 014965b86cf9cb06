namespace NetControl.Stack.Icmp;

/// <summary>What an ICMP or ICMPv6 error reports, in words that both families share.</summary>
public enum IcmpErrorKind : byte
{
    /// <summary>The packet cannot get there; <see cref="IcmpErrorMessage.Reason"/> says why.</summary>
    Unreachable,

    /// <summary>The packet is larger than <see cref="IcmpErrorMessage.Mtu"/>.</summary>
    TooBig,

    /// <summary>The packet made too many hops, or its fragments did not come in time.</summary>
    TimeExceeded,

    /// <summary>A field of the packet made no sense to somebody.</summary>
    ParameterProblem,
}
