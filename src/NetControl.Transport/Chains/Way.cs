using NetControl.Network;

namespace NetControl.Transport.Chains;

/// <summary>A way out as hops build it up: one side for streams, one for packets.</summary>
/// <param name="Streams">Opens streams.</param>
/// <param name="Packets">Opens packet sockets; <see cref="NoPackets"/> where the way carries streams only.</param>
public sealed record Way(IStreamDialer Streams, IPacketListener Packets)
{
    /// <summary>Why the way carries no packets, or null where it does.</summary>
    public string? NoPacketsReason => (Packets as NoPackets)?.Reason;
}
