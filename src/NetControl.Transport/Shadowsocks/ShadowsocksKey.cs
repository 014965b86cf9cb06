using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace NetControl.Transport.Shadowsocks;

/// <summary>A method and the key to it. Any thread.</summary>
/// <remarks>The text form names the method only, so that a log cannot leak the key.</remarks>
public sealed class ShadowsocksKey
{
    private readonly byte[] _key;

    private ShadowsocksKey(ShadowsocksCipher cipher, byte[] key)
    {
        Cipher = cipher;
        _key = key;
    }

    /// <summary>The method.</summary>
    public ShadowsocksCipher Cipher { get; }

    /// <summary>The key's bytes.</summary>
    internal ReadOnlySpan<byte> Bytes => _key;

    /// <summary>Makes a key of a password, as all implementations of the 2017 edition do.</summary>
    /// <exception cref="ArgumentException">The password is empty.</exception>
    public static ShadowsocksKey FromPassword(ShadowsocksCipher cipher, string password)
    {
        ArgumentNullException.ThrowIfNull(cipher);
        ArgumentNullException.ThrowIfNull(password);
        if (Problem(cipher, password) is { } problem)
        {
            throw new ArgumentException(problem, nameof(password));
        }

        return new ShadowsocksKey(cipher, Stretch(Encoding.UTF8.GetBytes(password), cipher.KeyLength));
    }

    /// <inheritdoc/>
    public override string ToString() => Cipher.Name;

    /// <summary>What is wrong with a password for a method, or null. Does not repeat it.</summary>
    internal static string? Problem(ShadowsocksCipher cipher, string password) =>
        password.Length == 0 ? $"the password is empty; {cipher} needs one" : null;

    /// <summary>The AEAD of one session: its key is derived from this one and the session's salt.</summary>
    internal Aead NewSession(ReadOnlySpan<byte> salt)
    {
        Span<byte> subkey = stackalloc byte[32];
        subkey = subkey[..Cipher.KeyLength];
        HKDF.DeriveKey(HashAlgorithmName.SHA1, _key, subkey, salt, "ss-subkey"u8);
        Aead session = Aead.Create(Cipher.Algorithm, subkey);
        CryptographicOperations.ZeroMemory(subkey);
        return session;
    }

    // OpenSSL's EVP_BytesToKey with MD5 and without a salt: the protocol has no other.
    [SuppressMessage("Security", "CA5351", Justification = "the protocol's own way from a password to a key")]
    private static byte[] Stretch(byte[] password, int length)
    {
        byte[] key = new byte[length];
        byte[] input = password;
        for (int at = 0; at < length; at += MD5.HashSizeInBytes)
        {
            byte[] digest = MD5.HashData(input);
            digest.AsSpan(0, Math.Min(digest.Length, length - at)).CopyTo(key.AsSpan(at));
            input = [.. digest, .. password];
        }

        return key;
    }
}
