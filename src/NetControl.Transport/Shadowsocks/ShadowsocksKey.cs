using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace NetControl.Transport.Shadowsocks;

/// <summary>A method and the key to it. Any thread.</summary>
/// <remarks>The text form names the method only, so that a log cannot leak the key.</remarks>
public sealed class ShadowsocksKey
{
    private readonly byte[] _key;

    private ShadowsocksKey(ShadowsocksCipher cipher, byte[] key, IReadOnlyList<ShadowsocksIdentity> identities)
    {
        Cipher = cipher;
        _key = key;
        Identities = identities;
    }

    /// <summary>The method.</summary>
    public ShadowsocksCipher Cipher { get; }

    /// <summary>The key's bytes.</summary>
    internal ReadOnlySpan<byte> Bytes => _key;

    /// <summary>The servers before the one whose key this is, the nearest first (2022 edition).</summary>
    internal IReadOnlyList<ShadowsocksIdentity> Identities { get; }

    /// <summary>Makes a key of a password, as all implementations do.</summary>
    /// <param name="cipher">The method.</param>
    /// <param name="password">
    /// For the 2017 edition any text. For the 2022 edition a key of the method's length in base64, or several with colons between: those of
    /// servers or relays that choose the next by it, then the user's own (SIP023).
    /// </param>
    /// <exception cref="ArgumentException">The password is empty, or no such key. The message does not repeat it.</exception>
    public static ShadowsocksKey FromPassword(ShadowsocksCipher cipher, string password)
    {
        ArgumentNullException.ThrowIfNull(cipher);
        ArgumentNullException.ThrowIfNull(password);
        if (Problem(cipher, password) is { } problem)
        {
            throw new ArgumentException(problem, nameof(password));
        }

        if (!cipher.Is2022)
        {
            return new ShadowsocksKey(cipher, Stretch(Encoding.UTF8.GetBytes(password), cipher.KeyLength), []);
        }

        byte[][] keys = [.. password.Split(':').Select(Convert.FromBase64String)];
        return new ShadowsocksKey(cipher, keys[^1], [.. keys.Zip(keys.Skip(1), static (key, next) => new ShadowsocksIdentity(key, next))]);
    }

    /// <inheritdoc/>
    public override string ToString() => Cipher.Name;

    /// <summary>What is wrong with a password for a method, or null. Does not repeat it.</summary>
    internal static string? Problem(ShadowsocksCipher cipher, string password)
    {
        if (!cipher.Is2022)
        {
            return password.Length == 0 ? $"the password is empty; {cipher} needs one" : null;
        }

        string[] keys = password.Split(':');
        if (keys.Length > 1 && cipher.Algorithm != AeadAlgorithm.AesGcm)
        {
            return $"{cipher} takes one key; several are for the AES methods (SIP023)";
        }

        foreach (string key in keys)
        {
            byte[] bytes = new byte[key.Length];
            bool readable = Convert.TryFromBase64String(key, bytes, out int length);
            if (!readable || length != cipher.KeyLength)
            {
                return $"{cipher} needs a key of {cipher.KeyLength} bytes in base64, as 'openssl rand -base64 {cipher.KeyLength}' makes one; "
                    + (readable ? $"this one has {length}" : "this one is no base64");
            }
        }

        return null;
    }

    /// <summary>The AEAD of one session: its key is derived from this one and the session's salt.</summary>
    internal Aead NewSession(ReadOnlySpan<byte> salt)
    {
        Span<byte> subkey = stackalloc byte[32];
        subkey = subkey[..Cipher.KeyLength];
        if (Cipher.Is2022)
        {
            Blake3.DeriveKey("shadowsocks 2022 session subkey", _key, salt).AsSpan(0, subkey.Length).CopyTo(subkey);
        }
        else
        {
            HKDF.DeriveKey(HashAlgorithmName.SHA1, _key, subkey, salt, "ss-subkey"u8);
        }

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
