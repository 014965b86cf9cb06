namespace NetControl.Transport.Shadowsocks;

/// <summary>An AEAD with its key set: text in, text and tag side by side out. The text may lie where the result goes.</summary>
/// <remarks>Not for two calls at once; disposing during a call is safe, and ends it with <see cref="ObjectDisposedException"/>.</remarks>
internal abstract class Aead : IDisposable
{
    /// <summary>The length of every tag.</summary>
    public const int TagLength = 16;

    /// <summary>The length of every nonce.</summary>
    public const int NonceLength = 12;

    /// <summary>Sets a key.</summary>
    public static Aead Create(AeadAlgorithm algorithm, ReadOnlySpan<byte> key) =>
        algorithm == AeadAlgorithm.AesGcm ? new AesGcmAead(key) : new ChaCha20Poly1305Aead(key);

    /// <summary>Encrypts; the result is longer than the text by <see cref="TagLength"/>.</summary>
    public abstract void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> text, Span<byte> result);

    /// <summary>Decrypts, or says that these bytes were not sealed with this key and nonce.</summary>
    public abstract bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> bytes, Span<byte> text);

    /// <inheritdoc/>
    public abstract void Dispose();
}
