using NetControl.Network;

namespace NetControl.ControlPlane.Probes;

/// <summary>What a probe tries. Already validated.</summary>
public sealed record ProbeRequest
{
    /// <summary>Destinations to open a stream to.</summary>
    public IReadOnlyList<HostPort> TcpTargets { get; init; } = [];

    /// <summary>DNS servers to send a query to.</summary>
    public IReadOnlyList<AddrPort> UdpTargets { get; init; } = [];

    /// <summary>The name that queries ask for.</summary>
    public string QueryName { get; init; } = "www.google.com";

    /// <summary>How long one target may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
}
