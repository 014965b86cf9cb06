namespace NetControl.Transport.Shadowsocks;

/// <summary>The datagrams of the 2017 edition: a salt, and a text sealed with the key that the salt gives and a nonce of zeros. Any thread.</summary>
/// <remarks>Each datagram has a key of its own, and setting a key costs more than sealing a short text, and a few objects.</remarks>
public static class ShadowsocksDatagram
{
    private static readonly byte[] s_nonce = new byte[Aead.NonceLength];

    /// <summary>How many bytes a datagram has besides its text.</summary>
    public static int Overhead(ShadowsocksCipher cipher)
    {
        ArgumentNullException.ThrowIfNull(cipher);
        return cipher.SaltLength + Aead.TagLength;
    }

    /// <summary>Seals a text.</summary>
    /// <param name="key">The method and key.</param>
    /// <param name="salts">Where the salt comes from.</param>
    /// <param name="text">The address and the payload; may lie where the sealed text goes, behind the salt.</param>
    /// <param name="to">Room for the text and <see cref="Overhead"/>.</param>
    /// <returns>How many bytes were written.</returns>
    /// <exception cref="ArgumentException">There is not room enough.</exception>
    public static int Seal(ShadowsocksKey key, ISaltSource salts, ReadOnlySpan<byte> text, Span<byte> to)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(salts);
        int length = text.Length + Overhead(key.Cipher);
        if (to.Length < length)
        {
            throw new ArgumentException($"the buffer is too short: {to.Length} bytes for a datagram of {length}", nameof(to));
        }

        Span<byte> salt = to[..key.Cipher.SaltLength];
        salts.Fill(salt);
        using Aead session = key.NewSession(salt);
        session.Seal(s_nonce, text, to[salt.Length..length]);
        return length;
    }

    /// <summary>Opens a datagram.</summary>
    /// <param name="key">The method and key.</param>
    /// <param name="bytes">The datagram.</param>
    /// <param name="to">Room for the text; may be where it is sealed, behind the salt.</param>
    /// <param name="length">How many bytes the text has.</param>
    /// <returns>Whether it is a datagram that was sealed with this key.</returns>
    /// <exception cref="ArgumentException">There is not room enough.</exception>
    public static bool TryOpen(ShadowsocksKey key, ReadOnlySpan<byte> bytes, Span<byte> to, out int length)
    {
        ArgumentNullException.ThrowIfNull(key);
        length = Math.Max(0, bytes.Length - Overhead(key.Cipher));
        if (bytes.Length < Overhead(key.Cipher))
        {
            return false;
        }

        if (to.Length < length)
        {
            throw new ArgumentException($"the buffer is too short: {to.Length} bytes for a text of {length}", nameof(to));
        }

        ReadOnlySpan<byte> salt = bytes[..key.Cipher.SaltLength];
        using Aead session = key.NewSession(salt);
        return session.TryOpen(s_nonce, bytes[salt.Length..], to[..length]);
    }
}
