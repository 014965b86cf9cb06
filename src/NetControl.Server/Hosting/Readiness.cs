using NetControl.ControlPlane;
using NetControl.ControlPlane.Delegates;
using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Health;

namespace NetControl.Server.Hosting;

/// <summary>Whether new sessions find a way out: what /readyz and the health service <c>ready</c> tell.</summary>
/// <remarks>Alive is not the same as ready: an upstream that is down must never make an orchestrator restart the process.</remarks>
internal static class Readiness
{
    /// <summary>The name of the health service that tells it.</summary>
    public const string Service = "ready";

    /// <summary>Whether the process is not about to end, every device passes traffic, and their ways out are not known to fail.</summary>
    public static bool Of(NetControlPlane plane) =>
        !plane.ShuttingDown && plane.Devices.All().All(device => device.Phase == DevicePhase.Ready) && !plane.Delegates.All().Any(Fails);

    /// <summary>Whether devices use a delegate whose proxy is found not to work.</summary>
    public static bool Fails(DelegateView way) => way is { UsedBy.Count: > 0, Current.Condition: ProxyCondition.Unhealthy };
}
