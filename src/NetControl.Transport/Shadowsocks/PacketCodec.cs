using NetControl.Network;

namespace NetControl.Transport.Shadowsocks;

/// <summary>How one packet socket's datagrams are sealed and opened: where the editions of the protocol differ.</summary>
internal abstract class PacketCodec : IDisposable
{
    /// <summary>How many bytes a sealed datagram has besides its payload, at most.</summary>
    public abstract int OverheadFor(in AddrPort destination);

    /// <summary>Seals a datagram; any thread.</summary>
    /// <param name="to">Room for the payload and <see cref="OverheadFor"/>.</param>
    /// <param name="payload">The payload, outside of <paramref name="to"/>.</param>
    /// <param name="destination">Where the server is to send it.</param>
    /// <returns>How many bytes were written.</returns>
    public abstract int Seal(Span<byte> to, ReadOnlySpan<byte> payload, in AddrPort destination);

    /// <summary>Opens a datagram from the server; one call at a time.</summary>
    /// <param name="bytes">What came.</param>
    /// <param name="scratch">Room for as many bytes, outside of <paramref name="bytes"/>; the payload will lie there.</param>
    /// <param name="source">Who sent it to the server.</param>
    /// <param name="payload">What was sent.</param>
    /// <returns>Whether the datagram is to be believed.</returns>
    public abstract bool TryOpen(ReadOnlySpan<byte> bytes, Span<byte> scratch, out AddrPort source, out ReadOnlySpan<byte> payload);

    /// <inheritdoc/>
    public abstract void Dispose();
}
