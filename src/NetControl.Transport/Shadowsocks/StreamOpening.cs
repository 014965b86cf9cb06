namespace NetControl.Transport.Shadowsocks;

/// <summary>What a stream begins with, either way: where the editions of the protocol differ. After it, chunks follow chunks.</summary>
internal abstract class StreamOpening
{
    /// <summary>The length of a chunk's length with its tag.</summary>
    public const int LengthBlock = 2 + Aead.TagLength;

    /// <summary>The most bytes that a chunk can carry.</summary>
    public abstract int MaxChunk { get; }

    /// <summary>The bytes that a chunk of bulk data carries: whole multiples of 256, of which one or several fill a write.</summary>
    /// <remarks>The last 255 bytes of 16,383 cost ChaCha20 a quarter more time.</remarks>
    public abstract int BulkChunk { get; }

    /// <summary>The bytes that <see cref="WriteRequest"/> needs at most besides those it takes of the data.</summary>
    public abstract int RequestOverhead { get; }

    /// <summary>The bytes that <see cref="OpenResponse"/> wants to see.</summary>
    public abstract int ResponseLength { get; }

    /// <summary>Writes the request, with as much of the first data as its own chunk can carry.</summary>
    /// <param name="to">Room for <see cref="RequestOverhead"/> and what is to be taken of the data.</param>
    /// <param name="data">The first data; what is taken is cut off. May be empty.</param>
    /// <param name="written">How many bytes were written.</param>
    /// <returns>What seals the chunks that follow.</returns>
    public abstract ChunkCipher WriteRequest(Span<byte> to, ref ReadOnlySpan<byte> data, out int written);

    /// <summary>Reads what a response begins with.</summary>
    /// <param name="head">Exactly <see cref="ResponseLength"/> bytes; they may be overwritten.</param>
    /// <param name="chunk">The length of the chunk that follows at once, or -1 if its length comes first.</param>
    /// <returns>What opens the chunks that follow.</returns>
    /// <exception cref="ShadowsocksStreamException">The response is not one to this request.</exception>
    public abstract ChunkCipher OpenResponse(Span<byte> head, out int chunk);
}
