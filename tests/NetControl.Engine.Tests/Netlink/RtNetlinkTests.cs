using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Netlink;
using NetControl.Network;
using NetControl.Testing;

namespace NetControl.Engine.Tests.Netlink;

/// <summary>The rtnetlink client against the real kernel, checked with what <c>ip</c> shows.</summary>
public sealed class RtNetlinkTests : IDisposable
{
    private readonly NetNamespace _space = NetNamespace.Create();
    private readonly RtNetlink _netlink;
    private readonly int _index;

    public RtNetlinkTests()
    {
        _space.Ip("link", "add", "v0", "type", "veth", "peer", "name", "v1");
        _space.Ip("link", "set", "v1", "up");
        _netlink = _space.Run(() => new RtNetlink());
        _index = _netlink.GetLink("v0")!.Index;
    }

    public void Dispose()
    {
        _netlink.Dispose();
        _space.Dispose();
    }

    [Fact]
    public void Links_AreFoundChangedAndDeleted()
    {
        Assert.Null(_netlink.GetLink("nothere"));
        Assert.Equal("lo v0 v1", string.Join(' ', _netlink.ListLinks().Select(l => l.Name).Order(StringComparer.Ordinal)));
        LinkInfo link = _netlink.GetLink("v0")!;
        Assert.Equal(("veth", 1500, false, 1), (link.Kind, link.Mtu, link.IsUp, link.Type));
        Assert.Null(link.Tun);

        _netlink.SetMtu(_index, 1400);
        _netlink.SetLinkUp(_index);
        _netlink.SetLinkUp(_index);
        link = _netlink.GetLink("v0")!;
        Assert.Equal((1400, true), (link.Mtu, link.IsUp));
        _netlink.SetLinkDown(_index);
        Assert.False(_netlink.GetLink("v0")!.IsUp);

        _netlink.DeleteLink(_index);
        Assert.Equal("lo", Assert.Single(_netlink.ListLinks()).Name);
    }

    [Theory]
    [InlineData("multi_queue", true)]
    [InlineData(null, false)]
    public void TunLink_TellsItsFlags(string? flag, bool multiQueue)
    {
        _space.Ip(["tuntap", "add", "dev", "t0", "mode", "tun", "user", "1234", .. flag is null ? Array.Empty<string>() : [flag]]);
        TunLinkInfo tun = _netlink.GetLink("t0")!.Tun!.Value;
        Assert.Equal(new TunLinkInfo { IsTun = true, Persistent = true, MultiQueue = multiQueue, Owner = 1234 }, tun);
        Assert.Equal(65534, _netlink.GetLink("t0")!.Type);
    }

    [Theory]
    [InlineData("10.1.2.3/24")]
    [InlineData("fd01::3/64")]
    public void Address_AddedListedAndDeleted(string text)
    {
        _netlink.SetLinkUp(_index);
        IpPrefix address = IpPrefixOf(text);
        _netlink.AddAddress(_index, address);
        Assert.Contains(address, _netlink.ListAddresses(_index).Select(a => a.Prefix));
        string shown = _space.Ip("addr", "show", "dev", "v0");
        Assert.Contains(text, shown, StringComparison.Ordinal);
        Assert.DoesNotContain($"{text} scope global tentative", shown, StringComparison.Ordinal);
        Assert.Equal(Errno.EEXIST, Assert.Throws<NetlinkException>(() => _netlink.AddAddress(_index, address)).Errno);

        _netlink.DeleteAddress(_index, address);
        Assert.DoesNotContain(address, _netlink.ListAddresses(_index).Select(a => a.Prefix));
        Assert.Equal(Errno.EADDRNOTAVAIL, Assert.Throws<NetlinkException>(() => _netlink.DeleteAddress(_index, address)).Errno);
    }

    [Theory]
    [InlineData("198.18.0.0/15", 20035u)]
    [InlineData("198.18.0.0/15", 254u)]
    [InlineData("0.0.0.0/0", 20036u)]
    [InlineData("fd99::/64", 20035u)]
    [InlineData("::/0", 20036u)]
    public void Route_AddedListedAndDeleted(string text, uint table)
    {
        _netlink.SetLinkUp(_index);
        IpPrefix destination = IpPrefixOf(text);
        bool v6 = !destination.Address.IsV4;
        Assert.DoesNotContain(_netlink.ListRoutes(v6, table), r => r.Destination == destination);
        _netlink.AddRoute(destination, _index, table);
        RouteInfo route = Assert.Single(_netlink.ListRoutes(v6, table, _index), r => r.Destination == destination);
        Assert.Equal((_index, table, Rtnl.RTN_UNICAST), (route.InterfaceIndex, route.Table, route.Type));
        Assert.Contains(_netlink.ListRoutes(v6), r => r.Destination == destination && r.Table == table);
        string shown = _space.Ip(v6 ? "-6" : "-4", "route", "show", "table", $"{table}");
        Assert.Contains($"{(destination.Length == 0 ? "default" : text)} dev v0", shown, StringComparison.Ordinal);
        Assert.Equal(Errno.EEXIST, Assert.Throws<NetlinkException>(() => _netlink.AddRoute(destination, _index, table)).Errno);

        _netlink.DeleteRoute(destination, _index, table);
        Assert.DoesNotContain(_netlink.ListRoutes(v6, table), r => r.Destination == destination);
        Assert.Equal(Errno.ESRCH, Assert.Throws<NetlinkException>(() => _netlink.DeleteRoute(destination, _index, table)).Errno);
    }

    [Fact]
    public void RouteWithGatewayAndMetric_ReadsBack()
    {
        _netlink.SetLinkUp(_index);
        _netlink.AddAddress(_index, IpPrefixOf("10.1.2.3/24"));
        IpPrefix destination = IpPrefixOf("203.0.113.0/24");
        _netlink.AddRoute(destination, _index, Rtnl.RT_TABLE_MAIN, metric: 77, gateway: IpAddr.Parse("10.1.2.1"));
        RouteInfo route = Assert.Single(_netlink.ListRoutes(v6: false, Rtnl.RT_TABLE_MAIN), r => r.Destination == destination);
        Assert.Equal((77u, IpAddr.Parse("10.1.2.1")), (route.Metric, route.Gateway!.Value));
        _netlink.DeleteRoute(destination, _index, Rtnl.RT_TABLE_MAIN, metric: 77);
    }

    [Fact]
    public void ListRoutesOfATableThatDoesNotExist_IsEmpty()
    {
        Assert.Empty(_netlink.ListRoutes(v6: false, 4711));
        Assert.Empty(_netlink.ListRoutes(v6: true, 4711));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rules_AddedListedAndDeleted(bool v6)
    {
        string before = _space.Ip(v6 ? "-6" : "-4", "rule", "show");
        RuleInfo unmarked = new() { IsV6 = v6, Priority = 9000, Mark = 0x4E43, Mask = uint.MaxValue, Invert = true, Table = 20035 };
        RuleInfo main = new() { IsV6 = v6, Priority = 9001, Table = 254, SuppressPrefixLength = 0 };
        RuleInfo masked = new() { IsV6 = v6, Priority = 9002, Mark = 0x10, Mask = 0xF0, Table = 20036 };
        RuleInfo user = new() { IsV6 = v6, Priority = 8999, User = 20035, Table = 254, Protocol = Rtnl.RTPROT_NETCONTROL_SETUP };
        Assert.True(IpPrefix.TryParse(v6 ? "fd00::/8" : "10.0.0.0/8", out IpPrefix network));
        RuleInfo destination = new() { IsV6 = v6, Priority = 8999, Destination = network, Table = 254 };
        foreach (RuleInfo rule in (RuleInfo[])[unmarked, main, masked, user, destination])
        {
            _netlink.AddRule(rule);
            Assert.Contains(rule, _netlink.ListRules(v6));
            Assert.Equal(Errno.EEXIST, Assert.Throws<NetlinkException>(() => _netlink.AddRule(rule)).Errno);
        }

        string shown = _space.Ip(v6 ? "-6" : "-4", "rule", "show");
        Assert.Contains("not from all fwmark 0x4e43 lookup 20035", shown, StringComparison.Ordinal);
        Assert.Contains("from all lookup main suppress_prefixlength 0", shown, StringComparison.Ordinal);
        Assert.Contains("from all fwmark 0x10/0xf0 lookup 20036", shown, StringComparison.Ordinal);
        Assert.DoesNotContain(unmarked with { IsV6 = !v6 }, _netlink.ListRules(!v6));

        foreach (RuleInfo rule in (RuleInfo[])[unmarked, main, masked, user, destination])
        {
            _netlink.DeleteRule(rule);
            Assert.Equal(Errno.ENOENT, Assert.Throws<NetlinkException>(() => _netlink.DeleteRule(rule)).Errno);
        }

        Assert.Equal(before, _space.Ip(v6 ? "-6" : "-4", "rule", "show"));
    }

    [Fact]
    public void RuleWithForeignSelectors_IsNotTakenForAPlainOne()
    {
        _space.Ip("rule", "add", "pref", "9000", "from", "10.0.0.0/8", "lookup", "20035");
        RuleInfo rule = Assert.Single(_netlink.ListRules(v6: false), r => r.Priority == 9000);
        Assert.True(rule.HasMore);
    }

    [Fact]
    public void Refusal_CarriesTheKernelsOwnText()
    {
        // The MTU of a veth has a maximum, and the kernel says so in words.
        NetlinkException refused = Assert.Throws<NetlinkException>(() => _netlink.SetMtu(_index, 100_000));
        Assert.Equal(Errno.EINVAL, refused.Errno);
        Assert.Equal("mtu greater than device maximum", refused.KernelText);
        Assert.Equal($"set the MTU of interface {_index} to 100000: mtu greater than device maximum (Invalid argument)", refused.Message);
    }

    [Fact]
    public void ManyRoutes_AreAllListed()
    {
        _netlink.SetLinkUp(_index);
        for (int i = 0; i < 2000; i++)
        {
            _netlink.AddRoute(new IpPrefix(IpAddr.FromV4(0xC6120000u + ((uint)i << 4)), 28), _index, 20035);
        }

        Assert.Equal(2000, _netlink.ListRoutes(v6: false, 20035).Count);
    }

    private static IpPrefix IpPrefixOf(string text)
    {
        Assert.True(IpPrefix.TryParse(text, out IpPrefix prefix));
        return prefix;
    }
}
