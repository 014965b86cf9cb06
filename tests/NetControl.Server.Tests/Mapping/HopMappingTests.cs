using CsCheck;
using Google.Protobuf;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Validation;
using NetControl.Server.Mapping;
using NetControl.Server.Tests.Gateway;
using NetControl.Transport.Chains;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Tests.Mapping;

/// <summary>A hop is the same hop as text, as a record and as a message.</summary>
public sealed class HopMappingTests
{
    private const string Secret = "xyzzy";

    private static readonly string[] s_texts =
    [
        "block:", "block:prohibited", "block:refused", "block:unreachable", "block:timeout",
        "disorder:0", "disorder:2147483647",
        "dnsintercept:local=10.0.0.53&remote=1.1.1.1:5353", "dnsintercept:Remote=2001:db8::1&Local=[fd00::1]:54",
        "dnssplit:direct=cluster.local,search,10.0.0.0/8&remote=1.1.1.1",
        "dnssplit:direct=a.example&resolver=[fd00::1]:54&remote=dns.example:853&over=tls&name=x.example",
        "dnssplit:direct=a.example&remote=1.1.1.1&over=TLS&resolvconf=/tmp/a%26b&cache=7",
        "dnssplit:direct=a.example&remote=1.1.1.1&resolvconf=",
        "dnssplit:direct=a.example&remote=dns.example&over=https", "dnssplit:direct=a&remote=1.1.1.1&over=https&name=x.example&path=/q%26&cache=7",
        "dnstruncate:",
        "do53:address=1.1.1.1", "do53:address=dns.example:5353&cache=1000", "do53:address=2001:db8::1",
        "doh:name=dns.example", "doh:name=d.example&address=[2001:db8::1]:8443&path=/q%26x&cache=100000",
        "dot:address=1.1.1.1&name=one.one.one.one", "dot:address=dns.example:8853&cache=1",
        "httpconnect://proxy.example:443", "httpconnect://us%20er:xyzzy%40ss%7C@h:1",
        "httpconnect://h:1/?AUTH=Bearer+xyzzy%7Cd&Plain=true#tag",
        "httpconnect://h:1?ca=/etc/c%7Ca.pem&sni=front.example&certname=proxy.example",
        "h2connect://[2001:db8::1]:443?sni=&certname=192.0.2.1", "h2connect://xyzzy:@h:1?sni=x.example&plain=false",
        "h2connect://h:8080?plain=true",
        "override:host=www.example.com", "override:PORT=443", "override:port=65535&host=2001%3Adb8::1",
        "ss://aes-256-gcm:xyzzy@proxy.example:8388", "ss://AEAD_AES_128_GCM:xyzzy%3A%40%7C%23@[2001:db8::1]:1?prefix=HTTP%2F1.1%20",
        "ss://chacha20-ietf-poly1305:xyzzy@h:1?prefix=%16%03%01%C3%BF%00#tag",
        "ss://YWVzLTEyOC1nY206eHl6enk=@h:1", "ss://aes-192-gcm:xyzzy%C3%BC@h:1",
        "ss://2022-blake3-aes-128-gcm:eHl6enlwbHVnaHh5enp5cA==%3AeHl6enlwbHVnaHh5enp5cA==@h:1",
        "socks5://127.0.0.1:1080", "socks5://us%3Aer:xyzzy%7Css@proxy.example:1", "socks5://%C3%BC:xyzzy+%20%25@[::1]:2",
        "split:2", "split:2,3*5,1*0", "split:0*7,2147483647*2147483647",
        "tls", "tls:sni=", "tls:sni=a.example&certname=192.0.2.1", "tls:alpn=h2,http/1.1&ca=/etc/ca.pem&cert=/c%26d.pem&key=/k.pem",
        "tlsfrag:1", "tlsfrag:-1", "tlsfrag:0",
        "ws:tcp_path=/xyzzy", "ws:udp_path=/xyzzy%3Fa%3Db%26c", "ws:tcp_path=/xyzzy&udp_path=/b%7Cxyzzy",
        "", "tls:|ws:tcp_path=/xyzzy|ss://aes-256-gcm:xyzzy@h:1|split:1",
    ];

    public static TheoryData<string> Texts() => [.. s_texts];

    [Fact]
    public void EveryRegisteredType_HasAMessage_AndARowHere()
    {
        string[] kinds =
        [
            .. V1.Hop.Descriptor.Oneofs[0].Fields.Select(field =>
                field.Name switch { "shadowsocks" => "ss", "websocket" => "ws", var same => same }),
        ];
        Assert.Equal(HopRegistry.Standard.Types.Append("h3connect").Order(StringComparer.Ordinal), kinds.Order(StringComparer.Ordinal));
        Assert.Empty(HopRegistry.Standard.Types.Except(s_texts.SelectMany(text => Parse(text).Hops).Select(hop => hop.Type)));
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void AChain_IsTheSame_AfterItWasMessages(string text)
    {
        Chain chain = Parse(text);
        Assert.Equal(chain.Hops, Read(chain.ToMessages()).Hops);

        // A document's form, too.
        IEnumerable<V1.Hop> documents = chain.ToMessages().Select(hop => V1.Hop.Parser.ParseJson(JsonFormatter.Default.Format(hop)));
        Assert.Equal(chain.Text, Read(documents).Text);
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void Reads_ShowNoSecret_AndWritesRefuseWhatTheyShow(string text)
    {
        Chain chain = Parse(text);
        V1.Hop[] shown = [.. chain.ToRedactedMessages()];
        Assert.DoesNotContain(Secret, string.Join('\n', shown.Select(hop => hop.ToString())), StringComparison.Ordinal);
        if (shown.SequenceEqual(chain.ToMessages()))
        {
            Assert.Equal(chain.Redacted, chain.Text);
            return;
        }

        Assert.All(Violations(shown), violation =>
            Assert.StartsWith("REDACTED stands where the secret was; ", violation.Description, StringComparison.Ordinal));
    }

    [Fact]
    public void AnySecret_SurvivesBothForms() => Gen.String[1, 60].Sample(secret =>
    {
        string wellFormed = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(secret));
        V1.Hop[] hops =
        [
            new() { Socks5 = new V1.Socks5Hop { Server = "h:1", Username = wellFormed, Password = wellFormed } },
            new() { Shadowsocks = new V1.ShadowsocksHop { Server = "h:1", Method = "aes-256-gcm", Password = wellFormed } },
            new() { Websocket = new V1.WebSocketHop { TcpPath = wellFormed, UdpPath = wellFormed } },
        ];
        Chain chain = Read(hops);
        Assert.Equal(hops, Parse(chain.Text).ToMessages());
    });

    [Fact]
    public void AnyMessage_IsReadAsItIs_OrRefusedWithItsPath() => RandomMessages.Of(V1.Hop.Descriptor).Sample(message =>
    {
        try
        {
            Chain chain = Read([(V1.Hop)message]);
            Assert.Single(chain.Hops);
            Assert.Equal(chain.Hops, Read(chain.ToMessages()).Hops);
            Assert.Equal(chain.Hops, Parse(chain.Text).Hops);
        }
        catch (ControlPlaneException e)
        {
            Assert.All(e.Violations, violation => Assert.StartsWith("proxy.hops[0]", violation.Field, StringComparison.Ordinal));
        }
    });

    [Theory]
    [InlineData("{}", "", "is of no kind; set one of block, disorder, ")]
    [InlineData("""{"block": {"reason": 9}}""", "block.reason", "a block says prohibited")]
    [InlineData("""{"disorder": {"write": 4294967295}}""", "disorder.write", "\"4294967295\": write which write")]
    [InlineData("""{"dnsintercept": {"local": "ns", "remote": "1.1.1.1"}}""",
        "dnsintercept.local", "'ns' is a name; local has to be an IP address")]
    [InlineData("""{"dnsintercept": {"local": "1.1.1.1"}}""", "dnsintercept.remote", "is missing; write e.g. 1.1.1.1:53")]
    [InlineData("""{"dnssplit": {"direct": ["a b"], "remote": "1.1.1.1"}}""", "dnssplit.direct", "'a b' is no zone")]
    [InlineData("""{"dnssplit": {"direct": ["a"], "remote": "1.1.1.1", "cacheSize": 100001}}""",
        "dnssplit.cache_size", "'100001' is no number")]
    [InlineData("""{"do53": {}}""", "do53.server", "is missing; write e.g. 1.1.1.1:53")]
    [InlineData("""{"doh": {"name": "d.example", "path": "q"}}""", "doh.path", "\"q\": is no path; write e.g. path=/dns-query")]
    [InlineData("""{"dot": {"server": "a|b"}}""", "dot.server", "'a|b' is not host[:port]")]
    [InlineData("""{"httpconnect": {"server": "h"}}""", "httpconnect.server", "\"h\": is not host:port")]
    [InlineData("""{"httpconnect": {"server": "u:xyzzy@h:1"}}""", "httpconnect.server", "is not host:port")]
    [InlineData("""{"httpconnect": {"server": "h:1", "password": "xyzzy"}}""", "httpconnect.username", "the user name is empty")]
    [InlineData("""{"httpconnect": {"server": "h:1", "plain": true, "sni": "a"}}""", "httpconnect.plain", "sni, certname and ca are TLS's")]
    [InlineData("""{"h2connect": {"server": "h:1", "authorization": "xyzzy\n"}}""",
        "h2connect.authorization", "auth may hold visible ASCII")]
    [InlineData("""{"h3connect": {"server": "h:1"}}""", "h3connect", "h3connect is not available in this build")]
    [InlineData("""{"override": {"port": 70000}}""", "override.port", "\"70000\": port has to be a number from 1 to 65535")]
    [InlineData("""{"override": {}}""", "override", "nothing to override")]
    [InlineData("""{"shadowsocks": {"server": "h:1", "method": "rc4-md5", "password": "xyzzy"}}""",
        "shadowsocks.method", "unsupported cipher rc4-md5; supported: ")]
    [InlineData("""{"shadowsocks": {"server": "h:1", "method": "rc4:xyzzy", "password": "p"}}""",
        "shadowsocks.method", "unsupported cipher rc4; supported: ")]
    [InlineData("""{"shadowsocks": {"server": "h:1", "method": "aes-256-gcm"}}""", "shadowsocks.password", "is missing")]
    [InlineData("""{"shadowsocks": {"server": "h:1", "method": "2022-blake3-aes-128-gcm", "password": "xyzzy"}}""",
        "shadowsocks.password", "")]
    [InlineData("""{"shadowsocks": {"server": "h:1", "method": "aes-128-gcm", "password": "xyzzy", "prefix": "AAAAAAAAAAAAAAAAAAAAAAAA"}}""",
        "shadowsocks.prefix", "prefix is too long")]
    [InlineData("""{"socks5": {"server": "h:0"}}""", "socks5.server", "\"h:0\": is not host:port")]
    [InlineData("""{"socks5": {"server": "h:1#x"}}""", "socks5.server", "\"h:1#x\": is not host:port")]
    [InlineData("""{"socks5": {"server": "h:1", "username": "xyzzy"}}""", "socks5.password", "the password has to be 1 to 255 bytes")]
    [InlineData("""{"socks5": {"server": "h:1", "username": "REDACTED", "password": "REDACTED"}}""",
        "socks5.username", "REDACTED stands where the secret was")]
    [InlineData("""{"split": {}}""", "split.pieces", "is empty")]
    [InlineData("""{"split": {"pieces": [{"length": 1}, {"length": 4294967295}]}}""", "split.pieces[1]", "a piece is its length in bytes")]
    [InlineData("""{"tls": {"sni": "a b"}}""", "tls.sni", "\"a b\": sni has to be a host name")]
    [InlineData("""{"tls": {"alpn": [""]}}""", "tls.alpn", "alpn has to be names")]
    [InlineData("""{"tls": {"keyFile": "/k.pem"}}""", "tls.key_file", "\"/k.pem\": key needs the certificate")]
    [InlineData("""{"tlsfrag": {"length": -2147483648}}""", "tlsfrag.length", "\"-2147483648\": write the length of the first fragment")]
    [InlineData("""{"websocket": {}}""", "websocket", "ws needs tcp_path for streams")]
    public void AFault_IsToldAtItsField(string json, string path, string description)
    {
        Violation[] violations = Violations([new V1.Hop { Dnstruncate = new V1.DnsTruncateHop() }, V1.Hop.Parser.ParseJson(json)]);
        Assert.Equal(path.Length == 0 ? "proxy.hops[1]" : $"proxy.hops[1].{path}", violations[0].Field);
        Assert.StartsWith(description, violations[0].Description, StringComparison.Ordinal);
        Assert.Equal("INVALID_PROXY_CONFIG", violations[0].Reason);
        Assert.DoesNotContain(Secret, string.Join('\n', violations.Select(v => v.ToString())), StringComparison.Ordinal);
    }

    [Fact]
    public void Faults_OfSeveralHops_AreToldTogether_InTheDocumentsSpelling()
    {
        V1.Hop[] hops = [new() { Tls = new V1.TlsHop { CaFile = "ca.pem" } }, new() { Tls = new V1.TlsHop() }, new()];
        ControlPlaneException e = Assert.Throws<ControlPlaneException>(() => Read(hops, HopFields.Document(3)));
        Assert.Equal(["proxies[3].hops[0].tls.caFile", "proxies[3].hops[2]"], e.Violations.Select(v => v.Field));
    }

    private static Chain Parse(string text)
    {
        Assert.True(HopRegistry.Standard.TryParse(text, out Chain? chain, out ChainError? error), $"{text}: {error}");
        return chain;
    }

    private static Chain Read(IEnumerable<V1.Hop> hops, HopFields? fields = null)
    {
        ViolationList violations = new();
        Chain? chain = HopMapping.Read([.. hops], fields ?? HopFields.Request, violations);
        violations.ThrowIfAny("proxies/a");
        return chain!;
    }

    private static Violation[] Violations(V1.Hop[] hops) => [.. Assert.Throws<ControlPlaneException>(() => Read(hops)).Violations];
}
