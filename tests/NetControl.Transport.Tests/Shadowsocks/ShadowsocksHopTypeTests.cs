using System.Text;
using NetControl.Network;
using NetControl.Transport.Chains;
using NetControl.Transport.Shadowsocks;

namespace NetControl.Transport.Tests.Shadowsocks;

public sealed class ShadowsocksHopTypeTests
{
    [Theory]
    [InlineData("ss://YWVzLTI1Ni1nY206c2VjcmV0@example.com:1234")]
    [InlineData("SS://YWVzLTI1Ni1nY206c2VjcmV0@example.com:1234/#tag")]
    [InlineData("ss://AES-256-GCM:secret@example.com:1234#me@home?x")]
    [InlineData("ss://AEAD_AES_256_GCM:s%65cret@example.com:1234/?#")]
    [InlineData("ss://YWVzLTI1Ni1nY206c2VjcmV0QGV4YW1wbGUuY29tOjEyMzQ#tag")]
    [InlineData("ss://YWVzLTI1Ni1nY206c2VjcmV0QGV4YW1wbGUuY29tOjEyMzQ=#me@home")]
    [InlineData("ss://YWVzLTI1Ni1nY206c2VjcmV0QGV4YW1wbGUuY29tOjEyMzQ%3D")]
    public void TryParse_AllForms_AreTheSameHop(string text)
    {
        ShadowsocksHop hop = Parse(text);
        Assert.Equal(new ShadowsocksHop(HostPort.Parse("example.com:1234"), ShadowsocksCipher.Aes256Gcm, "secret"), hop);
        Assert.Equal("ss://aes-256-gcm:secret@example.com:1234", hop.Text);
        Assert.Equal("ss://REDACTED@example.com:1234", hop.ToString());
        Assert.Equal([HostPort.Parse("example.com:1234")], hop.Servers);
    }

    [Theory]
    [InlineData("a>b?c")]      // '+', '/' and padding in standard base64
    [InlineData("\u00fc~\u00ff:@/|?#%+ ")]
    [InlineData("two:colons")]
    public void TryParse_PasswordInEveryEncoding_IsThePassword(string password)
    {
        string userInfo = "chacha20-ietf-poly1305:" + password;
        string standard = Convert.ToBase64String(Encoding.UTF8.GetBytes(userInfo));
        string url = standard.Replace('+', '-').Replace('/', '_');
        string whole = Convert.ToBase64String(Encoding.UTF8.GetBytes(userInfo + "@[2001:db8::1]:8388"));
        foreach (string key in (string[])[standard, standard.TrimEnd('='), url, url.TrimEnd('='), Uri.EscapeDataString(standard),
            "chacha20-ietf-poly1305:" + Uri.EscapeDataString(password)])
        {
            Assert.Equal(password, Parse($"ss://{key}@[2001:db8::1]:8388").Password);
        }

        foreach (string key in (string[])[whole, whole.TrimEnd('=')])
        {
            ShadowsocksHop hop = Parse($"ss://{key}");
            Assert.Equal((password, "[2001:db8::1]:8388"), (hop.Password, hop.Server.ToString()));
            Assert.Equal(hop, Parse(hop.Text));
        }
    }

    [Theory]
    [InlineData("?prefix=HTTP%2F1.1%20", "HTTP/1.1 ", "?prefix=HTTP%2F1.1+")]
    [InlineData("/?PREFIX=HTTP%2f1.1+#HTTP", "HTTP/1.1 ", "?prefix=HTTP%2F1.1+")]
    [InlineData("?prefix=%16%03%01%C3%BF", "\u0016\u0003\u0001\u00ff", "?prefix=%16%03%01%C3%BF")]
    [InlineData("?prefix=\u00a7", "\u00a7", "?prefix=%C2%A7")]
    [InlineData("?prefix=", "", "")]
    public void TryParse_Prefix_IsAByteForEachCharacter(string option, string prefix, string redacted)
    {
        ShadowsocksHop hop = Parse("ss://aes-128-gcm:secret@h:1" + option);
        Assert.Equal(prefix, hop.Prefix);
        Assert.Equal("ss://REDACTED@h:1" + redacted, hop.Redacted);
        Assert.Equal(hop, Parse(hop.Text));
    }

    [Theory]
    [InlineData("AAECAwQFBgcICQoLDA0ODw%3D%3D")]
    [InlineData("AAECAwQFBgcICQoLDA0ODw==")]
    [InlineData("AAECAwQFBgcICQoLDA0ODw%3D%3D:AAECAwQFBgcICQoLDA0ODw%3D%3D")]
    public void TryParse_KeysOf2022_AreRead(string password)
    {
        ShadowsocksHop hop = Parse($"ss://2022-blake3-aes-128-gcm:{password}@h:1");
        Assert.Equal(Uri.UnescapeDataString(password), hop.Password);
        Assert.Equal(hop, Parse(hop.Text));
        Assert.Equal("ss://REDACTED@h:1", hop.Redacted);
    }

    [Fact]
    public void TryParse_PrefixInTheOlderForm_IsRead()
    {
        string key = Convert.ToBase64String(Encoding.UTF8.GetBytes("aes-256-gcm:1@2:3@example.com:1234/?prefix=HTTP%2F1.1%20"));
        ShadowsocksHop hop = Parse($"ss://{key}#tag");
        Assert.Equal(("1@2:3", "HTTP/1.1 "), (hop.Password, hop.Prefix));
    }

    [Theory]
    [InlineData("ss:x", 1, "a Shadowsocks server is written ss://method:password@host:port[?prefix=bytes][#tag]")]
    [InlineData("ss://host:1", 6, "neither has an @")]
    [InlineData("ss://YWJj", 6, "neither has an @")]
    [InlineData("ss://user@host:1", 6, "the method and password cannot be read")]
    [InlineData("ss://YWJj@host:1", 6, "the method and password cannot be read")]
    [InlineData("ss://@host:1", 6, "the method and password cannot be read")]
    [InlineData("ss://REDACTED@host:1", 6, "REDACTED stands where")]
    [InlineData("ss://aes-256-cfb:x@host:1", 6, "unsupported cipher aes-256-cfb; supported: chacha20-ietf-poly1305, ")]
    [InlineData("ss://AES-256-CFB:x@host:1", 6, "unsupported cipher AES-256-CFB; ")]
    [InlineData("ss://hunter%202:x@host:1", 6, "unsupported cipher ?; ")]
    [InlineData("ss://aes-256-gcm:@host:1", 6, "the password is empty")]
    [InlineData("ss://aes-256-gcm:x@host", 20, "host:port has to stand here")]
    [InlineData("ss://aes-256-gcm:x@host:0", 20, "'host:0' is not host:port")]
    [InlineData("ss://aes-256-gcm:x@host:1?plugin=obfs", 27, "option 'plugin' is unknown to ss; it takes prefix")]
    [InlineData("ss://aes-128-gcm:x@host:1?prefix=12345678901234567", 34, "prefix is too long: 17 bytes, and the salt of aes-128-gcm has 16")]
    [InlineData("ss://aes-128-gcm:x@host:1?prefix=%E2%82%AC", 34, "prefix has a character beyond U+00FF")]
    [InlineData("ss://aes-128-gcm:x@host:1?prefix=%80", 34, "prefix is not UTF-8")]
    [InlineData("ss://2022-blake3-aes-128-gcm:hunter2@host:1", 6, "2022-blake3-aes-128-gcm needs a key of 16 bytes in base64")]
    [InlineData("ss://2022-blake3-aes-128-gcm:AAECAwQFBgcICQoLDA0ODw%3D%3D@host:1?prefix=a", 73, "prefix cannot be used with 2022-blake3")]
    [InlineData("ss://YWVzLTI1Ni1nY206aHVudGVyMkBob3N0", 6, "holds no host:port behind its @")]
    [InlineData("ss://aHVudGVyMkBob3N0OjE", 6, "holds no method:password")]
    public void TryParse_Wrong_SaysWhereAndWhy(string text, int column, string message)
    {
        Assert.False(HopRegistry.Standard.TryParse(text, out _, out ChainError? error));
        Assert.Equal((1, column), (error.Part, error.Column));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Wrap_AroundAWayWithoutPackets_HasNone()
    {
        HopContext context = new(new Way(new NetControl.Transport.Direct.TcpStreamDialer(), new NoPackets("httpconnect")));
        Way way = Parse("ss://aes-128-gcm:x@h:1").Wrap(context.Direct, context);
        Assert.IsType<ShadowsocksStreamDialer>(way.Streams);
        Assert.NotNull(way.NoPacketsReason);
    }

    private static ShadowsocksHop Parse(string text)
    {
        Assert.True(HopRegistry.Standard.TryParse(text, out Chain? chain, out ChainError? error), error?.ToString());
        return Assert.IsType<ShadowsocksHop>(Assert.Single(chain.Hops));
    }
}
