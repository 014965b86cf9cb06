using NetControl.Network;

namespace NetControl.Transport.Probes;

/// <summary>What a probe tries.</summary>
public sealed record ProbeRequest
{
    /// <summary>
    /// Destinations to open a stream to. To port 53 a DNS query is sent, to port 80 an HTTP request, and the first byte of the answer is
    /// awaited; to others it is enough to be connected.
    /// </summary>
    public IReadOnlyList<HostPort> TcpTargets { get; init; } = [];

    /// <summary>DNS servers to send a query to, in a datagram.</summary>
    public IReadOnlyList<AddrPort> UdpTargets { get; init; } = [];

    /// <summary>The host name that queries ask for.</summary>
    public string QueryName { get; init; } = "www.google.com";

    /// <summary>How long one target may take; 5 seconds if nothing else is said.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
}
