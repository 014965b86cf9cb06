using System.Buffers.Binary;

namespace NetControl.Transport.Shadowsocks;

/// <summary>One direction of a stream: an AEAD whose nonce counts its operations, little-endian, from zero.</summary>
internal sealed class ChunkCipher(Aead aead) : IDisposable
{
    private ulong _operations;

    /// <summary>Encrypts the next piece.</summary>
    public void Seal(ReadOnlySpan<byte> text, Span<byte> result)
    {
        Span<byte> nonce = stackalloc byte[Aead.NonceLength];
        aead.Seal(Next(nonce), text, result);
    }

    /// <summary>Decrypts the next piece, or says that it was not sealed as such.</summary>
    public bool TryOpen(ReadOnlySpan<byte> bytes, Span<byte> text)
    {
        Span<byte> nonce = stackalloc byte[Aead.NonceLength];
        return aead.TryOpen(Next(nonce), bytes, text);
    }

    /// <inheritdoc/>
    public void Dispose() => aead.Dispose();

    private ReadOnlySpan<byte> Next(Span<byte> nonce)
    {
        // 2^64 operations are out of a connection's reach: the upper third of the nonce stays zero.
        nonce.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce, _operations++);
        return nonce;
    }
}
