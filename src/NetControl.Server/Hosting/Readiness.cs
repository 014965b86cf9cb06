using NetControl.ControlPlane;
using NetControl.ControlPlane.Devices;

namespace NetControl.Server.Hosting;

/// <summary>Whether new sessions find a way out: what /readyz and the health service <c>ready</c> tell.</summary>
/// <remarks>Alive is not the same as ready: an upstream that is down must never make an orchestrator restart the process.</remarks>
internal static class Readiness
{
    /// <summary>The name of the health service that tells it.</summary>
    public const string Service = "ready";

    /// <summary>Whether the process is not about to end, and every device passes traffic.</summary>
    public static bool Of(NetControlPlane plane, IReadOnlyList<DeviceView> devices) =>
        !plane.ShuttingDown && devices.All(device => device.Phase == DevicePhase.Ready);
}
