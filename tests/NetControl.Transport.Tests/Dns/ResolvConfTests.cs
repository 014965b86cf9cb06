using NetControl.Network;
using NetControl.Transport.Dns;

namespace NetControl.Transport.Tests.Dns;

public sealed class ResolvConfTests
{
    [Fact]
    public void Parse_OfAPod_ReadsAllOfIt()
    {
        ResolvConf conf = ResolvConf.Parse(
            "# made by the kubelet\nsearch shop.svc.cluster.local svc.cluster.local cluster.local\r\nnameserver 10.96.0.10\n"
            + "nameserver\t2001:db8::53\noptions ndots:5 timeout:2 attempts:3 use-vc edns0 trust-ad\n");
        Assert.Equal(["10.96.0.10:53", "[2001:db8::53]:53"], conf.Servers.Select(server => $"{server}"));
        Assert.Equal(["shop.svc.cluster.local.", "svc.cluster.local.", "cluster.local."], conf.Search.Select(name => $"{name}"));
        Assert.Equal((5, TimeSpan.FromSeconds(2), 3, true), (conf.Dots, conf.Timeout, conf.Attempts, conf.UseTcp));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nameserver\nnameserver x\nnameserver fe80::1%eth0\n;nameserver 192.0.2.1\nnonsense\noptions ndots: ndots:x timeout:0 attempts:99999999999\n")]
    public void Parse_OfNothingUseful_IsThisMachine(string text)
    {
        ResolvConf conf = ResolvConf.Parse(text);
        Assert.Equal([AddrPort.Parse("127.0.0.1:53")], conf.Servers);
        Assert.Empty(conf.Search);
        Assert.Equal((1, TimeSpan.FromSeconds(5), 2, false), (conf.Dots, conf.Timeout, conf.Attempts, conf.UseTcp));
    }

    [Fact]
    public void Parse_LastOfDomainAndSearch_Counts_AndValuesHaveBounds()
    {
        ResolvConf conf = ResolvConf.Parse("search a b\ndomain c.example\noptions ndots:99 timeout:600 attempts:50\n" + string.Concat(
            Enumerable.Repeat("nameserver 192.0.2.1\n", 20)));
        Assert.Equal(["c.example."], conf.Search.Select(name => $"{name}"));
        Assert.Equal((15, TimeSpan.FromSeconds(30), 5, 8), (conf.Dots, conf.Timeout, conf.Attempts, conf.Servers.Count));
    }

    [Fact]
    public void Hosts_Names_AreFoundInAnyCase_WithAllTheirAddresses()
    {
        HostsFile hosts = HostsFile.Parse(
            "127.0.0.1 localhost # me\n::1\tlocalhost ip6-localhost\n#10.0.0.1 proxy\n10.0.0.2 Proxy.example proxy\n10.0.0.2 proxy\nbroken proxy\n10.0.0.9\n");
        Assert.Equal([IpAddr.Parse("127.0.0.1"), IpAddr.Parse("::1")], hosts.Find("LOCALHOST"));
        Assert.Equal([IpAddr.Parse("10.0.0.2")], hosts.Find("proxy"));
        Assert.Equal([IpAddr.Parse("10.0.0.2")], hosts.Find("proxy.example."));
        Assert.Empty(hosts.Find("other"));
    }
}
