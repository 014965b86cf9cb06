namespace NetControl.Network;

/// <summary>A device that carries whole IP packets: a TUN interface, or a TCP/IP stack seen from its network side.</summary>
/// <remarks>
/// One reader and one writer may work at the same time; <see cref="Close"/> may be called from any thread. Fragments pass as they are, a
/// device never reassembles. <see cref="IDisposable.Dispose"/> is <see cref="Close"/>.
/// </remarks>
public interface IIPDevice : IDisposable
{
    /// <summary>The largest packet, in bytes, that passes in either direction.</summary>
    int Mtu { get; }

    /// <summary>Waits for one whole IP packet and copies it into the buffer.</summary>
    /// <param name="buffer">Where the packet goes. If it is shorter than the packet, what fits is copied and the rest is discarded.</param>
    /// <returns>The number of bytes copied; 0 once the device is closed.</returns>
    int Read(Span<byte> buffer);

    /// <summary>Hands one whole IP packet to the device. The bytes are not referenced after the call.</summary>
    /// <returns>The number of bytes taken: the packet's length. An empty packet is ignored and returns 0.</returns>
    /// <exception cref="NetworkException">
    /// <see cref="NetworkError.MessageTooLarge"/> if the packet is longer than <see cref="Mtu"/>; <see cref="NetworkError.Closed"/> after
    /// <see cref="Close"/>.
    /// </exception>
    int Write(ReadOnlySpan<byte> packet);

    /// <summary>Closes the device: a waiting and every later <see cref="Read"/> returns 0, every later <see cref="Write"/> fails. Closing twice is fine.</summary>
    void Close();
}
