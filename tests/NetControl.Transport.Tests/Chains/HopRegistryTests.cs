using NetControl.Transport.Chains;
using NetControl.Transport.Socks5;

namespace NetControl.Transport.Tests.Chains;

public sealed class HopRegistryTests
{
    private const string NoHost = "host:port has to stand here, behind an @ if there are credentials; write e.g. 192.0.2.1:1080 or [2001:db8::1]:1080";

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
    [InlineData("", "")]
    [InlineData("ss://YWVzLTEyOC1nY206c2VjcmV0@proxy.example:1234?prefix=HTTP%2F1.1%20", "ss://REDACTED@proxy.example:1234?prefix=HTTP%2F1.1+")]
    [InlineData("socks5://user:secret@proxy.example:1080", "socks5://REDACTED@proxy.example:1080")]
    [InlineData("httpconnect://user:secret@proxy.example:443?sni=front.example", "httpconnect://REDACTED@proxy.example:443?sni=front.example")]
    [InlineData("h2connect://proxy.example:443?auth=Bearer%20secret", "h2connect://proxy.example:443?auth=REDACTED")]
    [InlineData("override:host=192.0.2.1&port=8443", "override:host=192.0.2.1&port=8443")]
    [InlineData("split:2,3*5", "split:2,3*5")]
    [InlineData("tls:sni=front.example&certname=proxy.example", "tls:sni=front.example&certname=proxy.example")]
    [InlineData("tlsfrag:-1", "tlsfrag:-1")]
    [InlineData("disorder:2", "disorder:2")]
    [InlineData("socks5://u:secret@a:1|ss://aes-256-gcm:secret@b:2|split:1", "socks5://REDACTED@a:1|ss://REDACTED@b:2|split:1")]
    public void Sanitize_ReplacesSecrets_KeepsTheRest_AndIsDoneWithWhatItMade(string text, string expected)
    {
        Assert.True(HopRegistry.Standard.TrySanitize(text, out string? sanitized, out _));
        Assert.Equal(expected, sanitized);
        Assert.True(HopRegistry.Standard.TrySanitize(sanitized, out string? again, out _));
        Assert.Equal(expected, again);
        Assert.Equal(!expected.Contains("REDACTED", StringComparison.Ordinal), HopRegistry.Standard.TryParse(expected, out _, out _));
    }

    [Theory]
    [InlineData("socks5://REDACTED:secret@a")]
    [InlineData("nothing://secret@a:1")]
    [InlineData("ss://secret@a:1")]
    [InlineData("socks5://REDACTED@a:1|secret")]
    public void Sanitize_WhatIsNoChain_IsAnErrorWithoutIt(string text)
    {
        Assert.False(HopRegistry.Standard.TrySanitize(text, out string? sanitized, out ChainError? error));
        Assert.Null(sanitized);
        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vless://x@h:1", 1, 1, "config type 'vless' is not registered; registered: ")]
    [InlineData("socks5://a:1|", 2, 14, "is empty; remove the |, or write e.g. socks5://127.0.0.1:1080")]
    [InlineData("socks5://a:1| bogus:x", 2, 15, "config type 'bogus' is not registered; registered: ")]
    [InlineData("socks5:a:1", 1, 1, "a SOCKS5 server is written socks5://[user:password@]host:port")]
    [InlineData("socks5://host", 1, 10, NoHost)]
    [InlineData("socks5://host:99999", 1, 10, NoHost)]
    [InlineData("socks5://u:p@host", 1, 14, NoHost)]
    [InlineData("socks5://u:p@host:x", 1, 14, NoHost)]
    [InlineData("socks5://u:p@h%20t:0", 1, 14, NoHost)]
    [InlineData("socks5://u:p@[::1]:0", 1, 14, "'[::1]:0' is not host:port; write e.g. 192.0.2.1:1080 or [2001:db8::1]:1080")]
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
    [InlineData("socks5://user:hunter2")]
    [InlineData("socks5://hunter2")]
    [InlineData("socks5://hunter2:99999")]
    [InlineData("socks5://user:p@hunter2")]
    [InlineData("socks5://user:p@x:hunter2")]
    [InlineData("socks5://user:hunter2/#tag")]
    [InlineData("socks5://user:123?hunter2")]
    [InlineData("socks5://host:1?hunter2")]
    [InlineData("socks5://host:1?hunter2=")]
    [InlineData("tls:hunter2==&sni=a")]
    [InlineData("tls:hunter2=b@host:1")]
    [InlineData("tls:hunter2")]
    [InlineData("httpconnect://user:hunter2")]
    [InlineData("h2connect://user:hunter2?sni=a.example")]
    [InlineData("ss://aes-256-gcm:hunter2")]
    [InlineData("ss://aes-256-gcm:p@hunter2")]
    [InlineData("hunter2")]
    [InlineData("socks5://user:1|hunter2")]
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

    [Fact]
    public void ATypeThatIsNotAvailable_IsListedNowhere_AndSaysWhatToUseInItsPlace()
    {
        Assert.DoesNotContain("h3connect", HopRegistry.Standard.Types);
        Assert.DoesNotContain(HopRegistry.Standard.HopTypes, type => type.Name == "h3connect");
        Assert.False(HopRegistry.Standard.TryParse("split:2|h3connect://u:secret@h:1", out _, out ChainError? error));
        Assert.Equal((2, 9), (error.Part, error.Column));
        Assert.Contains("not available in this build", error.Message, StringComparison.Ordinal);
        Assert.Contains("h2connect://", error.Message, StringComparison.Ordinal);
        Assert.False(HopRegistry.Standard.TryParse("nope://h:1", out _, out error));
        Assert.DoesNotContain("h3connect", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "", true)]
    [InlineData("socks5://a:1|socks5://b:2", "a:1", false)]
    [InlineData("split:2|tls:|ws:tcp_path=/x|socks5://a:1", "a:1", false)]
    [InlineData("do53:address=192.0.2.53|socks5://a:1", "192.0.2.53:53,a:1", false)]
    [InlineData("doh:name=d.example|dot:address=192.0.2.54|httpconnect://a:1|do53:address=192.0.2.55", "d.example:443,192.0.2.54:853,a:1", false)]
    [InlineData("do53:address=192.0.2.53", "192.0.2.53:53", true)]
    [InlineData("socks5://a:1|dnssplit:direct=x&resolver=10.96.0.10&remote=1.1.1.1", "10.96.0.10:53,a:1", false)]
    [InlineData("dnssplit:direct=x&remote=1.1.1.1", "1.1.1.1:53", true)]
    [InlineData("override:host=192.0.2.1&port=8443|socks5://a:1", "192.0.2.1:8443", false)]
    [InlineData("override:port=8443|override:host=h|socks5://a:1", "h:8443", false)]
    [InlineData("socks5://a:1|override:host=h", "a:1", false)]
    [InlineData("override:host=192.0.2.1", "192.0.2.1:0", true)]
    [InlineData("block:|dnstruncate:", "", true)]
    public void DirectServers_AreThoseThatThisMachineDialsItself(string text, string servers, bool direct)
    {
        Assert.True(HopRegistry.Standard.TryParse(text, out Chain? chain, out ChainError? error), error?.ToString());
        Assert.Equal((servers, direct), (string.Join(',', chain.DirectServers), chain.IsDirect));
    }
}
