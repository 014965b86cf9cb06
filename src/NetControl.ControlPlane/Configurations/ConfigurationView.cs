using NetControl.ControlPlane.Delegates;
using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Policies;
using NetControl.ControlPlane.Proxies;

namespace NetControl.ControlPlane.Configurations;

/// <summary>The whole configuration at one moment.</summary>
/// <param name="Generation">Grows by one with every transaction.</param>
/// <param name="Sequence">Where the change stream goes on from.</param>
/// <param name="Proxies">Proxies, secrets replaced.</param>
/// <param name="Delegates">Delegates.</param>
/// <param name="Policies">Policies.</param>
/// <param name="Devices">Devices.</param>
/// <param name="Pending">What waits for confirmation; null for nothing.</param>
public sealed record ConfigurationView(long Generation, long Sequence, IReadOnlyList<ProxyView> Proxies,
    IReadOnlyList<DelegateView> Delegates, IReadOnlyList<PolicyView> Policies, IReadOnlyList<DeviceView> Devices, PendingConfirmation? Pending);
