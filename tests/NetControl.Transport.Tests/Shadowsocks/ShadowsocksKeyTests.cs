using NetControl.Transport.Shadowsocks;

namespace NetControl.Transport.Tests.Shadowsocks;

public sealed class ShadowsocksKeyTests
{
    // What "openssl enc -aes-256-cbc -md md5 -nosalt -P -pass pass:secret" prints.
    private const string Stretched = "5EBE2294ECD0E0F08EAB7690D2A6EE6926AE5CC854E36B6BDFCA366848DEA6BB";

    [Theory]
    [InlineData("aes-256-gcm", 32)]
    [InlineData("aes-192-gcm", 24)]
    [InlineData("aes-128-gcm", 16)]
    public void FromPassword_IsWhatOpenSslMakes(string cipher, int length) =>
        Assert.Equal(Stretched[..(2 * length)], Convert.ToHexString(Key(cipher).Bytes));

    [Fact]
    public void FromPassword_Empty_IsRefused() =>
        Assert.Throws<ArgumentException>(() => ShadowsocksKey.FromPassword(ShadowsocksCipher.Aes128Gcm, ""));

    [Fact]
    public void ToString_NamesTheMethodOnly() => Assert.Equal("aes-192-gcm", Key("aes-192-gcm").ToString());

    [Theory]
    [InlineData("2022-blake3-aes-128-gcm", "AAECAwQFBgcICQoLDA0ODw==", 0)]
    [InlineData("2022-blake3-aes-128-gcm", "AAAAAAAAAAAAAAAAAAAAAA==:AAAAAAAAAAAAAAAAAAAAAQ==:AAECAwQFBgcICQoLDA0ODw==", 2)]
    public void FromPassword_Of2022_IsTheLastKey(string cipher, string password, int identities)
    {
        ShadowsocksKey key = ShadowsocksKey.FromPassword(ShadowsocksCipher.Find(cipher), password);
        Assert.Equal("000102030405060708090A0B0C0D0E0F", Convert.ToHexString(key.Bytes));
        Assert.Equal(identities, key.Identities.Count);
    }

    [Theory]
    [InlineData("2022-blake3-aes-128-gcm", "hunter2!", "needs a key of 16 bytes in base64, as 'openssl rand -base64 16' makes one; this one is no base64")]
    [InlineData("2022-blake3-aes-256-gcm", "AAECAwQFBgcICQoLDA0ODw==", "needs a key of 32 bytes in base64, as 'openssl rand -base64 32' makes one; this one has 16")]
    [InlineData("2022-blake3-aes-128-gcm", "AAECAwQFBgcICQoLDA0ODw==:", "needs a key of 16 bytes in base64, as 'openssl rand -base64 16' makes one; this one has 0")]
    [InlineData("2022-blake3-chacha20-poly1305", "AA==:AA==", "takes one key; several are for the AES methods (SIP023)")]
    public void FromPassword_Of2022_WrongKey_NamesWhatIsNeeded(string cipher, string password, string message)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => ShadowsocksKey.FromPassword(ShadowsocksCipher.Find(cipher), password));
        Assert.StartsWith($"{cipher} {message}", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter", error.Message, StringComparison.Ordinal);
    }

    private static ShadowsocksKey Key(string cipher) => ShadowsocksKey.FromPassword(ShadowsocksCipher.Find(cipher), "secret");
}
