using NetControl.Transport.Chains;
using NetControl.Transport.Socks5;

namespace NetControl.Transport.Tests.Chains;

public sealed class HopRegistryTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("  ", "")]
    [InlineData("socks5://127.0.0.1:1080", "socks5://127.0.0.1:1080")]
    [InlineData(" SOCKS5://[2001:db8::1]:1080/ ", "socks5://[2001:db8::1]:1080")]
    [InlineData("socks5://user:pa%40ss@proxy.example:1080", "socks5://REDACTED@proxy.example:1080")]
    [InlineData("socks5://a:1|socks5://u:p@b:2", "socks5://a:1|socks5://REDACTED@b:2")]
    public void Text_Valid_ReadsAndRedacts(string text, string redacted)
    {
        Assert.True(HopRegistry.Standard.TryParse(text, out Chain? chain, out _));
        Assert.Equal(redacted, chain.Redacted);
        Assert.Equal(redacted, chain.ToString());
    }

    [Theory]
    [InlineData("vless://x@h:1", 1, 1, "config type 'vless' is not registered; registered: ")]
    [InlineData("socks5://a:1|", 2, 14, "is empty; remove the |, or write e.g. socks5://127.0.0.1:1080")]
    [InlineData("socks5://a:1| bogus:x", 2, 15, "config type 'bogus' is not registered; registered: ")]
    [InlineData("socks5:a:1", 1, 1, "a SOCKS5 server is written socks5://[user:password@]host:port")]
    [InlineData("socks5://host", 1, 10, "'host' is not host:port; write e.g. 192.0.2.1:1080 or [2001:db8::1]:1080")]
    [InlineData("socks5://u:p@host:99999", 1, 14, "'host:99999' is not host:port; write e.g. 192.0.2.1:1080 or [2001:db8::1]:1080")]
    [InlineData("socks5://host:1?x=1", 1, 17, "option 'x' is unknown to socks5; it takes none")]
    [InlineData("socks5://user@host:1", 1, 10, "the password has to be 1 to 255 bytes long (RFC 1929); write user:password@")]
    [InlineData("socks5://REDACTED@host:1", 1, 10,
        "REDACTED stands where the credentials were; write them, or leave config out of update_mask")]
    public void Text_Invalid_NamesPartAndColumn(string text, int part, int column, string message)
    {
        Assert.False(HopRegistry.Standard.TryParse(text, out _, out ChainError? error));
        string types = message.EndsWith("registered: ", StringComparison.Ordinal) ? string.Join(", ", HopRegistry.Standard.Types) : "";
        Assert.Equal(new ChainError(part, column, message + types), error);
    }

    [Theory]
    [InlineData("socks5://user:hunter2@host")]
    [InlineData("socks5://user:hunter2@host:0")]
    [InlineData("hunter2@host:1")]
    [InlineData("user:hunter2@host:1")]
    public void Error_AnyText_NeverRepeatsThePassword(string text)
    {
        Assert.False(HopRegistry.Standard.TryParse(text, out _, out ChainError? error));
        Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("socks5://127.0.0.1:1080")]
    [InlineData("socks5://us%3Aer:pa%7Css@h:1|socks5://[::1]:2")]
    public void Text_OfAChain_ReadsBackEqual(string text)
    {
        Assert.True(HopRegistry.Standard.TryParse(text, out Chain? chain, out _));
        Assert.Equal(text, chain.Text);
        Assert.True(HopRegistry.Standard.TryParse(chain.Text, out Chain? again, out _));
        Assert.Equal(chain.Hops, again.Hops);
    }

    [Fact]
    public void With_ANameTwice_IsRefused() =>
        Assert.Throws<ArgumentException>(() => HopRegistry.Standard.With(new Socks5HopType()));

    [Fact]
    public void Credentials_PercentEncoded_AreDecoded()
    {
        Assert.True(HopRegistry.Standard.TryParse("socks5://us%3Aer:pa%40ss@h:1", out Chain? chain, out _));
        Socks5Hop hop = Assert.IsType<Socks5Hop>(Assert.Single(chain.Hops));
        Assert.Equal("us:er", hop.Username);
        Assert.Equal("pa@ss", hop.Password);
    }
}
