using NetControl.ControlPlane.Specs;

namespace NetControl.ControlPlane.Delegates;

/// <summary>Asks for a swap.</summary>
/// <param name="Name">The delegate.</param>
/// <param name="Proxy">The proxy that it points at from now on.</param>
/// <param name="Existing">What happens to sessions that live.</param>
/// <param name="DrainTimeout">With <see cref="ExistingPolicy.Drain"/>: how long they may go on.</param>
/// <param name="Etag">If not empty, must be current.</param>
public sealed record SwapRequest(string Name, string Proxy, ExistingPolicy Existing, TimeSpan? DrainTimeout = null, string Etag = "");
