namespace NetControl.Network;

/// <summary>What an ICMP or ICMPv6 destination-unreachable message says, in words that both families share (RFC 792, RFC 4443).</summary>
public enum UnreachableReason
{
    /// <summary>Nobody listens on the port.</summary>
    Port,

    /// <summary>The host is not there.</summary>
    Host,

    /// <summary>There is no route to the network.</summary>
    Network,

    /// <summary>A filter forbids it.</summary>
    Prohibited,
}
