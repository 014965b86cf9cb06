using System.Diagnostics.CodeAnalysis;

namespace NetControl.Transport.Shadowsocks;

/// <summary>A Shadowsocks method: which AEAD, how long its key and salt are, and which edition of the protocol it speaks.</summary>
/// <remarks>The four AEAD methods of 2017 and the three of the 2022 edition (SIP022). The older stream ciphers are not safe and not here.</remarks>
public sealed class ShadowsocksCipher
{
    private ShadowsocksCipher(string name, string? ietfName, AeadAlgorithm algorithm, int keyLength, bool is2022 = false)
    {
        Name = name;
        IetfName = ietfName;
        Algorithm = algorithm;
        KeyLength = keyLength;
        Is2022 = is2022;
    }

    /// <summary>ChaCha20-Poly1305, edition of 2017.</summary>
    public static ShadowsocksCipher ChaCha20IetfPoly1305 { get; } =
        new("chacha20-ietf-poly1305", "AEAD_CHACHA20_POLY1305", AeadAlgorithm.ChaCha20Poly1305, 32);

    /// <summary>AES-256-GCM, edition of 2017.</summary>
    public static ShadowsocksCipher Aes256Gcm { get; } = new("aes-256-gcm", "AEAD_AES_256_GCM", AeadAlgorithm.AesGcm, 32);

    /// <summary>AES-192-GCM, edition of 2017.</summary>
    public static ShadowsocksCipher Aes192Gcm { get; } = new("aes-192-gcm", "AEAD_AES_192_GCM", AeadAlgorithm.AesGcm, 24);

    /// <summary>AES-128-GCM, edition of 2017.</summary>
    public static ShadowsocksCipher Aes128Gcm { get; } = new("aes-128-gcm", "AEAD_AES_128_GCM", AeadAlgorithm.AesGcm, 16);

    /// <summary>AES-128-GCM, edition of 2022.</summary>
    public static ShadowsocksCipher Blake3Aes128Gcm { get; } = new("2022-blake3-aes-128-gcm", null, AeadAlgorithm.AesGcm, 16, is2022: true);

    /// <summary>AES-256-GCM, edition of 2022.</summary>
    public static ShadowsocksCipher Blake3Aes256Gcm { get; } = new("2022-blake3-aes-256-gcm", null, AeadAlgorithm.AesGcm, 32, is2022: true);

    /// <summary>ChaCha20-Poly1305, edition of 2022.</summary>
    public static ShadowsocksCipher Blake3ChaCha20Poly1305 { get; } =
        new("2022-blake3-chacha20-poly1305", null, AeadAlgorithm.ChaCha20Poly1305, 32, is2022: true);

    /// <summary>All methods, by their usual names.</summary>
    public static IReadOnlyList<ShadowsocksCipher> All { get; } =
        [ChaCha20IetfPoly1305, Aes256Gcm, Aes192Gcm, Aes128Gcm, Blake3Aes128Gcm, Blake3Aes256Gcm, Blake3ChaCha20Poly1305];

    /// <summary>The usual name, in lower case.</summary>
    public string Name { get; }

    /// <summary>The name in the register of RFC 5116, where the method has one.</summary>
    public string? IetfName { get; }

    /// <summary>The length of the key in bytes.</summary>
    public int KeyLength { get; }

    /// <summary>The length of the salt in bytes: that of the key.</summary>
    public int SaltLength => KeyLength;

    /// <summary>Whether the method is of the 2022 edition.</summary>
    public bool Is2022 { get; }

    internal AeadAlgorithm Algorithm { get; }

    /// <summary>Finds a method by either of its names, in any letter case.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out ShadowsocksCipher? cipher)
    {
        foreach (ShadowsocksCipher candidate in All)
        {
            if (string.Equals(name, candidate.Name, StringComparison.OrdinalIgnoreCase)
                || string.Equals(name, candidate.IetfName, StringComparison.OrdinalIgnoreCase))
            {
                cipher = candidate;
                return true;
            }
        }

        cipher = null;
        return false;
    }

    /// <summary>Finds a method by either of its names, in any letter case.</summary>
    /// <exception cref="UnsupportedCipherException">There is none; the exception keeps the name as it was given.</exception>
    public static ShadowsocksCipher Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return TryFind(name, out ShadowsocksCipher? cipher) ? cipher : throw new UnsupportedCipherException(name);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
