namespace NetControl.Network;

/// <summary>An open byte stream with two halves that close on their own, as TCP's do.</summary>
/// <remarks>
/// One reader and one writer at a time; a second overlapping read or write is the caller's mistake. Disposing from any thread ends both:
/// pending calls fail. A buffer handed in belongs to the connection until the returned task is done.
/// </remarks>
public interface IStreamConnection : IDisposable
{
    /// <summary>The address on this side, where there is one.</summary>
    AddrPort LocalAddress { get; }

    /// <summary>The address of the far side as the socket sees it: the proxy's, when there is one.</summary>
    AddrPort RemoteAddress { get; }

    /// <summary>Reads at least one byte, or returns 0 at the end of the stream.</summary>
    /// <remarks>
    /// An empty buffer reads nothing and gives 0: a connection that can waits until bytes, the end or a fault are there, so that whoever has long
    /// to wait holds no memory meanwhile; one that cannot answers at once. A layered connection passes the wait on to the one beneath it
    /// before it takes buffers of its own, unless it already has bytes to give.
    /// </remarks>
    /// <exception cref="IOException">The stream broke: reset, timed out, protocol fault.</exception>
    ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);

    /// <summary>Writes all bytes. Without any, nothing is sent, but a stream that is known to be broken fails.</summary>
    /// <exception cref="IOException">The stream broke.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default);

    /// <summary>Says that nothing more will be written; the far side reads to its end (TCP: FIN).</summary>
    ValueTask CloseWriteAsync(CancellationToken cancellationToken = default);

    /// <summary>Gives up reading and frees what the reader holds. Sends nothing to the far side.</summary>
    void CloseRead();

    /// <summary>Breaks the stream at once in both directions; the far side sees a reset where the protocol has one.</summary>
    void Abort();
}
