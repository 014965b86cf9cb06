using NetControl.Network;

namespace NetControl.ControlPlane.Dialers;

/// <summary>What a proxy's spec was built into: the two ways out.</summary>
/// <remarks>Lifetime: shared by every egress model that was made from it; nothing to dispose, sessions own their sockets.</remarks>
/// <param name="StreamDialer">The way for TCP.</param>
/// <param name="PacketProxy">The way for UDP.</param>
/// <param name="Meter">What is told of its dials.</param>
/// <param name="NoPacketsReason">Why it carries no packets; null where it does.</param>
internal sealed record ProxyRuntime(IStreamDialer StreamDialer, IPacketProxy PacketProxy, ProxyMeter Meter, string? NoPacketsReason);
