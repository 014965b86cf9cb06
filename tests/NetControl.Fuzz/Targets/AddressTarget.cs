using System.Text;
using NetControl.Fuzz.Machine;
using NetControl.Network;
using NetControl.Transport.Chains;
using static NetControl.Fuzz.Machine.BrokenPromiseException;

namespace NetControl.Fuzz.Targets;

/// <summary>Texts that people and programs write: proxy chains, addresses, prefixes, host names.</summary>
internal sealed class AddressTarget : IFuzzTarget
{
    private static readonly (string Name, string Text)[] s_seeds =
    [
        ("chain", "socks5://user:secret@192.0.2.1:1080"), ("chain-2", "socks5://a:1|socks5://[::1]:2"), ("empty", ""), ("bars", "||"),
        ("percent", "socks5://%41%42:%00@h:1"), ("v4", "10.77.0.1:80"), ("v6", "[fd77::1]:443"), ("mapped", "[::ffff:1.2.3.4]:1"),
        ("prefix", "198.18.0.0/15"), ("prefix-6", "fd77::1/64"), ("host", "example.org:443"), ("scope", "[fe80::1%eth0]:1"),
        ("ss", "ss://aes-256-gcm:se%7Ccret@h:1?prefix=%16%C3%BF+#me@home"), ("ss-base64", "ss://YWVzLTI1Ni1nY206c2VjcmV0@example.com:1234/"),
        ("ss-older", "ss://YWVzLTI1Ni1nY206c2VjcmV0QGV4YW1wbGUuY29tOjEyMzQ#t"), ("query", "socks5://h:1?x=y#z"), ("long-label", new string('a', 64) + ".example:1"), ("port", "1.2.3.4:65536"),
        ("tls", "tls:sni=a.example&certname=b&alpn=h2,http/1.1&ca=/etc/ca.pem&cert=/c%26.pem&key=/k.pem"), ("split", "split:2,3*5,0*1"),
        ("tlsfrag", "tlsfrag:-1|disorder:0"), ("override", "override:host=2001:db8::1&port=8443"), ("block", "block:refused"),
        ("do53", "do53:address=1.1.1.1&cache=9|dot:address=[::1]&name=a.b|doh:name=a&address=b:1&path=/q"),
        ("dns", "dnsintercept:local=1.1.1.1&remote=::1|dnstruncate:|dnssplit:direct=a,10.0.0.0/8,search&resolver=1.1.1.1&remote=b&over=tls&name=c&resolvconf=/d"),
    ];

    public IEnumerable<(string Name, byte[] Input)> Seeds() => s_seeds.Select(seed => (seed.Name, Encoding.UTF8.GetBytes(seed.Text)));

    public void Run(ReadOnlySpan<byte> input)
    {
        string text = Encoding.UTF8.GetString(input);
        if (HopRegistry.Standard.TryParse(text, out Chain? chain, out ChainError? error))
        {
            Unless(chain.Hops.Count == 0 || chain.Redacted.Length > 0, "a chain can be shown");
            Unless(HopRegistry.Standard.TryParse(chain.Text, out Chain? back, out _) && back.Text == chain.Text, "a chain is read as it is written");
            bool reads = HopRegistry.Standard.TryParse(chain.Text, out Chain? same, out _);
            Unless(reads && same!.Hops.SequenceEqual(chain.Hops), "a chain is read as it is written");
        }
        else
        {
            Unless(error.Message.Length > 0 && error.Part >= 1 && error.Column >= 1, "a fault has its place");
        }

        if (AddrPort.TryParse(text, out AddrPort endPoint))
        {
            Unless(AddrPort.TryParse(endPoint.ToString(), out AddrPort again) && again == endPoint, "an endpoint is read as it is written");
        }

        if (IpAddr.TryParse(text, out IpAddr address))
        {
            Unless(IpAddr.TryParse(address.ToString(), out IpAddr again) && again == address, "an address is read as it is written");
        }

        if (IpPrefix.TryParse(text, out IpPrefix prefix))
        {
            Unless(IpPrefix.TryParse(prefix.ToString(), out IpPrefix again) && again == prefix, "a prefix is read as it is written");
            Unless(prefix.Network().IsNetwork, "a network has no bits beyond its prefix");
        }

        if (HostPort.TryParse(text, out HostPort host))
        {
            Unless(HostPort.TryParse(host.ToString(), out HostPort again) && again == host, "a host and port are read as they are written");
        }
    }
}
