namespace NetControl.Network;

/// <summary>Hears what an <see cref="IPacketConnection"/> receives. Calls come one at a time.</summary>
public interface IPacketHandler
{
    /// <summary>One datagram arrived. The bytes are the connection's own and change after the call.</summary>
    void OnPacket(ReadOnlySpan<byte> payload, in AddrPort source);

    /// <summary>The network said that a datagram to this destination cannot be delivered.</summary>
    void OnUnreachable(in AddrPort destination, UnreachableReason reason);

    /// <summary>Nothing more will come. Called exactly once.</summary>
    /// <param name="error">Why, or null when the connection was disposed of on purpose.</param>
    void OnClosed(Exception? error);
}
