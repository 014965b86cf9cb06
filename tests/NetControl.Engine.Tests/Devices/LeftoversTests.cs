using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NetControl.Engine.Devices;
using NetControl.Engine.Netlink;
using NetControl.Network;
using NetControl.Testing;
using static NetControl.Engine.Tests.Devices.DeviceSpecs;

namespace NetControl.Engine.Tests.Devices;

/// <summary>What a killed predecessor leaves in the kernel, against the real one.</summary>
/// <remarks>A predecessor that was killed is played by doing what it did and forgetting about it.</remarks>
public sealed class LeftoversTests : IDisposable
{
    private static readonly RuleInfo s_rule = new() { Priority = 9000, Mark = 0x4E43, Mask = uint.MaxValue, Invert = true, Table = 20035 };
    private readonly NetNamespace _space = NetNamespace.Create();

    public void Dispose() => _space.Dispose();

    [Fact]
    public void RuleOfADeadProcess_NotWanted_IsRemoved()
    {
        string before = Rules();
        LeaveRules();
        Remove();
        Assert.Equal(before, Rules());
    }

    [Fact]
    public void RuleOfADeadProcess_WantedAgain_IsTakenOverAndRemovedAtTheEnd()
    {
        string before = Rules();
        LeaveRules();
        string left = Rules("-4");
        DeviceSpec spec = Spec(["10.77.0.1/24"], ["198.18.0.0/15"]);
        Remove(spec);
        Assert.Equal(left, Rules("-4")); // never away for a moment, and the IPv6 one is not wanted
        Assert.DoesNotContain("20035", Rules("-6"), StringComparison.Ordinal);
        using (TunInterface device = Open(spec))
        {
            Assert.Equal(left, Rules("-4"));
        }

        Assert.Equal(before, Rules());
    }

    [Fact]
    public void RuleInUse_IsNotALeftover()
    {
        using TunInterface device = Open(Spec([], ["198.18.0.0/15", "::/0"]));
        string rules = Rules();
        Remove();
        Assert.Equal(rules, Rules());
    }

    [Fact]
    public void RuleThatAnotherLiveProcessUses_OutlivesOurUse()
    {
        string before = Rules();
        using (RuleClaim other = _space.Run(() => new RuleClaim(s_rule)))
        {
            LeaveRules(v6: false);
            string rules = Rules();
            Remove();
            Assert.Equal(rules, Rules());
            Open(Spec([], ["198.18.0.0/15"])).Dispose();
            Assert.Equal(rules, Rules());
            Assert.False(other.GiveUp());
        }

        Remove();
        Assert.Equal(before, Rules());
    }

    [Fact]
    public void ForeignRules_AreNeverTouched()
    {
        _space.Ip("rule", "add", "pref", "9000", "not", "fwmark", "0x4e43", "lookup", "20035");
        _space.Ip("rule", "add", "pref", "9002", "lookup", "main", "suppress_prefixlength", "0", "protocol", "static");
        _space.Ip("-6", "rule", "add", "pref", "9000", "from", "fd00::/8", "lookup", "20035", "protocol", "78");
        string before = Rules();
        Remove();
        Assert.Equal(before, Rules());
    }

    [Fact]
    public void AddressesAndRoutesOnAPersistentInterface_NotWanted_AreRemovedAndForeignOnesStay()
    {
        PreparePersistent();
        string before = Snapshot();
        LeaveOnInterface(["10.78.0.1/24", "fd78::1/64"], ["198.51.100.0/24", "fd99::/64", "0.0.0.0/0"]);
        Assert.NotEqual(before, Snapshot(), StringComparer.Ordinal);
        Remove();
        Assert.Equal(before, Snapshot());
    }

    [Fact]
    public void AddressesAndRoutesOnAPersistentInterface_WantedInPart_AreTakenOverAndGoneAtTheEnd()
    {
        PreparePersistent();
        string before = Snapshot();
        LeaveOnInterface(["10.78.0.1/24", "fd78::1/64"], ["198.51.100.0/24", "fd99::/64"]);
        DeviceSpec spec = Spec(["10.78.0.1/24", "10.77.0.1/24"], ["fd99::/64"]);
        Remove(spec);
        string left = Snapshot();
        Assert.Contains("10.78.0.1/24", left, StringComparison.Ordinal);
        Assert.Contains("fd99::/64", left, StringComparison.Ordinal);
        Assert.DoesNotContain("fd78::1", left, StringComparison.Ordinal);
        Assert.DoesNotContain("198.51.100.0", left, StringComparison.Ordinal);
        using (TunInterface device = Open(spec))
        {
            Assert.Contains("fd99::/64", _space.Ip("-6", "route", "show", "table", "20035"), StringComparison.Ordinal);
        }

        Assert.Equal(before, Snapshot());
    }

    [Fact]
    public void AddressesAndRoutesOnAnInterfaceInUse_AreNoLeftovers()
    {
        PreparePersistent();
        using TunInterface device = Open(Spec(["10.78.0.1/24"], ["198.51.100.0/24", "fd99::/64"]));
        string now = Snapshot();
        Remove();
        Assert.Equal(now, Snapshot());
    }

    [Fact]
    public void NothingLeft_NeedsNoCapability()
    {
        _space.RunInside(() =>
        {
            ThreadCapabilities.Drop(ThreadCapabilities.NetAdmin);
            Leftovers.Remove(new EngineOptions(), [], NullLogger.Instance);
        });
    }

    private void Remove(params DeviceSpec[] wanted) =>
        _space.RunInside(() => Leftovers.Remove(new EngineOptions(), wanted, NullLogger.Instance));

    private TunInterface Open(DeviceSpec spec) => _space.Run(() => TunInterface.Open(spec, new EngineOptions(), 1, NullLogger.Instance));

    private void LeaveRules(bool v6 = true) => _space.RunInside(() =>
    {
        using RtNetlink netlink = new();
        netlink.AddRule(s_rule);
        if (v6)
        {
            netlink.AddRule(s_rule with { IsV6 = true });
        }
    });

    private void PreparePersistent()
    {
        _space.Ip("tuntap", "add", "dev", "tun0", "mode", "tun");
        _space.Execute("sysctl", "-qw", "net.ipv6.conf.tun0.addr_gen_mode=1"); // no link-local address that comes when it likes
        _space.Ip("addr", "add", "10.77.0.1/24", "dev", "tun0");
        _space.Ip("addr", "add", "fd77::1/64", "dev", "tun0", "nodad");
        _space.Ip("link", "set", "tun0", "up");
        _space.Ip("route", "add", "198.18.0.0/15", "dev", "tun0", "table", "20035");
    }

    private void LeaveOnInterface(string[] addresses, string[] routes) => _space.RunInside(() =>
    {
        using RtNetlink netlink = new();
        int index = netlink.GetLink("tun0")!.Index;
        foreach (string address in addresses)
        {
            netlink.AddAddress(index, Prefix(address));
        }

        foreach (IpPrefix route in routes.Select(Prefix))
        {
            netlink.AddRoute(route, index, route.Length == 0 ? 20036u : 20035u);
        }
    });

    private string Rules() => Rules("-4") + Rules("-6");

    private string Rules(string family) => _space.Ip(family, "rule", "show");

    private string Snapshot()
    {
        StringBuilder text = new();
        foreach (string[] what in (string[][])[["-o", "addr"], ["-4", "route", "show", "table", "all"], ["-6", "route", "show", "table", "all"]])
        {
            text.Append(CultureInfo.InvariantCulture, $"{_space.Ip(what)}\n");
        }

        // The kernel adds its multicast route when it likes, and a lost carrier shows a moment later.
        IEnumerable<string> lines = text.Append(Rules()).ToString().Split('\n').Where(l => !l.Contains("multicast ff00::/8", StringComparison.Ordinal));
        return string.Join('\n', lines).Replace(" linkdown", "", StringComparison.Ordinal);
    }
}
