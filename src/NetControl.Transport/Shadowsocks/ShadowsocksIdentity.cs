using System.Security.Cryptography;

namespace NetControl.Transport.Shadowsocks;

/// <summary>What tells one server whose key comes next: an identity header (SIP023). Any thread.</summary>
internal sealed class ShadowsocksIdentity
{
    /// <summary>The length of a header.</summary>
    public const int HeaderLength = 16;

    private readonly byte[] _nextHash;

    /// <summary>Makes the identity of a server's key and the key that it is to find.</summary>
    public ShadowsocksIdentity(byte[] key, byte[] next)
    {
        Key = key;
        _nextHash = Blake3.Hash(next)[..HeaderLength];
    }

    /// <summary>The server's key.</summary>
    public byte[] Key { get; }

    /// <summary>What names the next key.</summary>
    public ReadOnlySpan<byte> NextHash => _nextHash;

    /// <summary>Writes the header of a stream.</summary>
    public void WriteTo(Span<byte> header, ReadOnlySpan<byte> salt)
    {
        using Aes aes = Aes.Create();
        aes.Key = Blake3.DeriveKey("shadowsocks 2022 identity subkey", Key, salt)[..Key.Length];
        aes.EncryptEcb(_nextHash, header[..HeaderLength], PaddingMode.None);
    }
}
