using NetControl.ControlPlane.Specs;
using NetControl.Engine;
using NetControl.Server.Hosting;
using NetControl.Server.Security;
using NetControl.Server.Telemetry;

namespace NetControl.Server.Configuration;

/// <summary>A configuration file that was found valid.</summary>
/// <param name="Grpc">Where gRPC listens.</param>
/// <param name="Http">Where HTTP listens; null is nowhere.</param>
/// <param name="Desired">The resources.</param>
/// <param name="Engine">What the engine is built with: the limits of the process.</param>
internal sealed record ServerConfiguration(
    IReadOnlyList<ListenAddress> Grpc, ListenAddress? Http, DesiredState Desired, EngineOptions Engine)
{
    /// <summary>Who may call, and how much.</summary>
    public AccessSettings Access { get; init; } = new();

    /// <summary>Where traces and logs go; null is nowhere, or where the environment says.</summary>
    public TelemetrySettings? Telemetry { get; init; }

    /// <summary>Where the API is served as JSON; the default is nowhere.</summary>
    public IReadOnlyList<ListenAddress> Json { get; init; } = [];

    /// <summary>Whether the devices' IPv6 addresses and routes are in it.</summary>
    public bool Ipv6 { get; init; } = true;

    /// <summary>Where gRPC's health service alone is served; null is nowhere.</summary>
    public ListenAddress? Health { get; init; }
}
