using NetControl.Server.Hosting;
using NetControl.Server.Security;

namespace NetControl.Server.Configuration;

/// <summary>Where the server is asked to listen, and to whom.</summary>
/// <param name="Grpc">Where gRPC listens.</param>
/// <param name="Json">Where the same is served as JSON.</param>
/// <param name="Http">Where metrics and health are served over HTTP; null is nowhere.</param>
/// <param name="Health">Where gRPC's health service alone is served; null is nowhere.</param>
/// <param name="Access">Who may call, and how much.</param>
internal sealed record ListenSettings(
    IReadOnlyList<ListenAddress> Grpc, IReadOnlyList<ListenAddress> Json, ListenAddress? Http, ListenAddress? Health, AccessSettings Access);
