using NetControl.ControlPlane.Specs;
using NetControl.Server.Hosting;

namespace NetControl.Server.Configuration;

/// <summary>A configuration file that was found valid.</summary>
/// <param name="Grpc">Where gRPC listens.</param>
/// <param name="Http">Where HTTP listens; null is nowhere.</param>
/// <param name="Desired">The resources.</param>
internal sealed record ServerConfiguration(IReadOnlyList<ListenAddress> Grpc, ListenAddress? Http, DesiredState Desired)
{
    /// <summary>Where the API is served as JSON; the default is nowhere.</summary>
    public IReadOnlyList<ListenAddress> Json { get; init; } = [];
}
