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

    private static ShadowsocksKey Key(string cipher) => ShadowsocksKey.FromPassword(ShadowsocksCipher.Find(cipher), "secret");
}
