using NetControl.Network;

namespace NetControl.ControlPlane.Specs;

/// <summary>How proxies are tried out without traffic.</summary>
/// <param name="Target">What is dialled through a proxy.</param>
/// <param name="Interval">How often.</param>
/// <param name="Timeout">How long one attempt may take.</param>
/// <param name="SkipStandby">Leave proxies alone that rank behind the one in use.</param>
public sealed record HealthProbeSpec(HostPort Target, TimeSpan Interval, TimeSpan Timeout, bool SkipStandby);
