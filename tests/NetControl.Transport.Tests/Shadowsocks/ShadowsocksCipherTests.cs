using NetControl.Transport.Shadowsocks;

namespace NetControl.Transport.Tests.Shadowsocks;

public sealed class ShadowsocksCipherTests
{
    [Theory]
    [InlineData("chacha20-ietf-poly1305", 32)]
    [InlineData("aes-256-gcm", 32)]
    [InlineData("aes-192-gcm", 24)]
    [InlineData("aes-128-gcm", 16)]
    [InlineData("2022-blake3-aes-128-gcm", 16)]
    [InlineData("2022-blake3-aes-256-gcm", 32)]
    [InlineData("2022-blake3-chacha20-poly1305", 32)]
    public void Sizes_AreTheMethods(string name, int length)
    {
        ShadowsocksCipher cipher = ShadowsocksCipher.Find(name);
        Assert.Equal((length, length), (cipher.KeyLength, cipher.SaltLength));
        Assert.Equal(length + 16, ShadowsocksDatagram.Overhead(cipher));
    }

    [Theory]
    [InlineData("AEAD_CHACHA20_POLY1305", "chacha20-ietf-poly1305")]
    [InlineData("AEAD_AES_256_GCM", "aes-256-gcm")]
    [InlineData("AEAD_AES_192_GCM", "aes-192-gcm")]
    [InlineData("AEAD_AES_128_GCM", "aes-128-gcm")]
    [InlineData("aead_aes_128_gcm", "aes-128-gcm")]
    [InlineData("AES-256-GCM", "aes-256-gcm")]
    [InlineData("ChaCha20-IETF-Poly1305", "chacha20-ietf-poly1305")]
    public void Find_EitherNameInAnyCase_IsTheMethod(string name, string usual) => Assert.Equal(usual, ShadowsocksCipher.Find(name).Name);

    [Theory]
    [InlineData("aes-256-cfb")]
    [InlineData("")]
    public void Find_Unsupported_KeepsTheName(string name)
    {
        UnsupportedCipherException error = Assert.Throws<UnsupportedCipherException>(() => ShadowsocksCipher.Find(name));
        Assert.Equal(name, error.Cipher);
        Assert.Equal($"unsupported cipher {name}", error.Message);
        Assert.False(ShadowsocksCipher.TryFind(name, out _));
    }

    [Fact]
    public void NonceAndTag_AreThoseOfAllMethods()
    {
        Assert.Equal(12, Aead.NonceLength);
        Assert.Equal(16, Aead.TagLength);
    }
}
