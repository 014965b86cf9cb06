using NetControl.Transport.Block;
using NetControl.Transport.Chains;
using NetControl.Transport.Disorder;
using NetControl.Transport.Override;
using NetControl.Transport.Socks5;
using NetControl.Transport.Split;
using NetControl.Transport.Tests.Socks5;
using NetControl.Transport.Tls;
using NetControl.Transport.TlsFrag;

namespace NetControl.Transport.Tests.Chains;

/// <summary>The texts of the hops that shape, lead elsewhere, wrap or block.</summary>
public sealed class ShapingHopTests
{
    [Theory]
    [InlineData("split:5", "split:5")]
    [InlineData("SPLIT:3*2,5", "split:3*2,5")]
    [InlineData("split:0", "split:0")]
    [InlineData("tlsfrag:5", "tlsfrag:5")]
    [InlineData("tlsfrag:-1", "tlsfrag:-1")]
    [InlineData("split:5 | tlsfrag:5", "split:5|tlsfrag:5")]
    [InlineData("split:5|socks5://u:p@h:1", "split:5|socks5://REDACTED@h:1")]
    [InlineData("disorder:0", "disorder:0")]
    [InlineData("override:host=www.example.com", "override:host=www.example.com")]
    [InlineData("override:PORT=443", "override:port=443")]
    [InlineData("override:port=443&host=2001%3Adb8::1", "override:host=2001:db8::1&port=443")]
    [InlineData("block:", "block:")]
    [InlineData("block", "block:")]
    [InlineData("block:prohibited", "block:")]
    [InlineData("block:Refused", "block:refused")]
    [InlineData("block:unreachable", "block:unreachable")]
    [InlineData("block:timeout", "block:timeout")]
    [InlineData("tls", "tls:")]
    [InlineData("tls:", "tls:")]
    [InlineData("tls:sni=www.google.com", "tls:sni=www.google.com")]
    [InlineData("tls:sni=", "tls:sni=")]
    [InlineData("tls:certname=www.google.com", "tls:certname=www.google.com")]
    [InlineData("tls:CertName=a.example&SNI=b.example", "tls:sni=b.example&certname=a.example")]
    [InlineData("tls:alpn=h2,http/1.1&ca=/etc/ca.pem&cert=/c%26d.pem&key=/k.pem", "tls:alpn=h2,http/1.1&ca=/etc/ca.pem&cert=/c%26d.pem&key=/k.pem")]
    public void Text_Valid_ReadsShowsAndReadsBackEqual(string text, string shown)
    {
        Assert.True(HopRegistry.Standard.TryParse(text, out Chain? chain, out ChainError? error), error?.ToString());
        Assert.Equal(shown, chain.Redacted);
        Assert.True(HopRegistry.Standard.TryParse(chain.Text, out Chain? again, out _));
        Assert.Equal(chain.Hops, again.Hops);
    }

    [Theory]
    [InlineData("split:", 7, "a piece is its length in bytes, e.g. 2, or so many of them, e.g. 3*2; write split:[count*]bytes,...")]
    [InlineData("split:1,x", 9, "a piece is its length in bytes, e.g. 2, or so many of them, e.g. 3*2; write split:[count*]bytes,...")]
    [InlineData("split:-1", 7, "a piece is its length in bytes, e.g. 2, or so many of them, e.g. 3*2; write split:[count*]bytes,...")]
    [InlineData("split:3*", 7, "a piece is its length in bytes, e.g. 2, or so many of them, e.g. 3*2; write split:[count*]bytes,...")]
    [InlineData("tlsfrag:", 9, "write the length of the first fragment in bytes, e.g. 1, or of the last, e.g. -1")]
    [InlineData("tlsfrag:one", 9, "write the length of the first fragment in bytes, e.g. 1, or of the last, e.g. -1")]
    [InlineData("disorder:-1", 10, "write which write is to come late, counted from 0, e.g. 0")]
    [InlineData("disorder:", 10, "write which write is to come late, counted from 0, e.g. 0")]
    [InlineData("override:", 1, "nothing to override; write override:[host=name][&port=number]")]
    [InlineData("override:host=foo bar", 15, "host has to be a host name or an IP address")]
    [InlineData("override:host=a:b", 15, "host has to be a host name or an IP address")]
    [InlineData("override:host=", 15, "host has to be a host name or an IP address")]
    [InlineData("override:port=0", 15, "port has to be a number from 1 to 65535")]
    [InlineData("override:port=http", 15, "port has to be a number from 1 to 65535")]
    [InlineData("override:hosts=a", 10, "option 'hosts' is unknown to override; it takes host, port")]
    [InlineData("block:maybe", 7, "a block says prohibited, refused, unreachable or timeout; alone, block: says prohibited")]
    [InlineData("tls:sni=a.example&sni=b.example", 19, "option 'sni' is there twice; write it once")]
    [InlineData("tls:foo=bar", 5, "option 'foo' is unknown to tls; it takes sni, certname, alpn, ca, cert, key")]
    [InlineData("tls:sni=a b", 9, "sni has to be a host name, or empty to send none")]
    [InlineData("tls:certname=", 14, "certname has to be a host name or an IP address")]
    [InlineData("tls:alpn=h2,", 10, "alpn has to be names separated by commas, e.g. h2,http/1.1")]
    [InlineData("tls:ca=ca.pem", 8, "ca has to be the absolute path of a PEM file, e.g. ca=/etc/netcontrol/ca.pem")]
    [InlineData("tls:key=/k.pem", 9, "key needs the certificate that it belongs to; write cert=file too")]
    public void Text_Invalid_NamesTheColumnAndTheFix(string text, int column, string message)
    {
        Assert.False(HopRegistry.Standard.TryParse(text, out _, out ChainError? error));
        Assert.Equal(new ChainError(1, column, message), error);
    }

    [Theory]
    [InlineData("split:5", typeof(SplitStreamDialer), true)]
    [InlineData("tlsfrag:5", typeof(TlsFragStreamDialer), true)]
    [InlineData("disorder:0", typeof(DisorderStreamDialer), true)]
    [InlineData("override:port=443", typeof(OverrideStreamDialer), true)]
    [InlineData("override:host=192.0.2.1", typeof(OverrideStreamDialer), true)]
    [InlineData("override:host=a.example", typeof(OverrideStreamDialer), false)]
    [InlineData("tls:ca=/nowhere/ca.pem", typeof(TlsStreamDialer), false)]
    [InlineData("tls:|socks5://a:1", typeof(Socks5StreamDialer), false)]
    [InlineData("block:", typeof(BlockStreamDialer), true)]
    public void Wrap_AnyHop_SaysWhetherItCarriesPackets(string text, Type dialer, bool packets)
    {
        Assert.True(HopRegistry.Standard.TryParse(text, out Chain? chain, out _));
        Way direct = new(new GivenDialer(), new MemoryPacketListener());
        Way way = chain.Wrap(direct, new HopContext(direct));
        Assert.IsType(dialer, way.Streams);
        Assert.Equal(packets, way.NoPacketsReason is null);
    }
}
