namespace NetControl.Network;

/// <summary>An optional second face of an <see cref="IPacketResponseReceiver"/>: hears of datagrams that the network reported undeliverable.</summary>
/// <remarks>A proxy asks for it with <c>is</c>; the stack implements it and answers the application with ICMP.</remarks>
public interface IPacketErrorReceiver
{
    /// <summary>A datagram to this destination came back as unreachable.</summary>
    void OnUnreachable(in AddrPort destination, UnreachableReason reason);
}
