namespace NetControl.Network;

/// <summary>Why a stream could not be dialled. The stack tells the client the same thing in TCP's own words.</summary>
public enum DialFailure
{
    /// <summary>Something not listed below; the inner exception says what. The client sees a reset.</summary>
    Other,

    /// <summary>The destination refused the connection. The client sees a reset.</summary>
    Refused,

    /// <summary>No route to the destination's network. The client sees ICMP network unreachable.</summary>
    NetworkUnreachable,

    /// <summary>The destination host does not answer or is not there. The client sees ICMP host unreachable.</summary>
    HostUnreachable,

    /// <summary>The dial did not finish in time. The client sees a reset.</summary>
    TimedOut,

    /// <summary>A rule forbids the connection, here or at the proxy. The client sees ICMP administratively prohibited.</summary>
    NotAllowed,

    /// <summary>The proxy itself could not be reached or broke the connection off. The client sees a reset.</summary>
    ProxyUnreachable,

    /// <summary>The proxy answered outside its protocol, or refused the credentials. The client sees a reset.</summary>
    ProxyProtocol,

    /// <summary>The host name could not be resolved.</summary>
    NameNotResolved,

    /// <summary>The dial was given up because its caller went away.</summary>
    Canceled,

    /// <summary>A local limit was met: descriptors, ports, memory. The client sees a reset.</summary>
    LocalLimit,
}
