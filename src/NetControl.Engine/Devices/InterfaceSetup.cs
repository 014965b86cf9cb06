using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Netlink;
using NetControl.Network;

namespace NetControl.Engine.Devices;

/// <summary>
/// Gives an interface what its spec declares and it lacks: MTU, addresses, link state, routes, rules. Each step is noted for taking back.
/// </summary>
/// <remarks>Owner: one thread at a time, first the opening one. What is already there is not touched, so an interface prepared by somebody
/// else needs no capability; unless it carries our mark: then a predecessor that was killed left it there, and it is ours to take
/// back.</remarks>
internal sealed class InterfaceSetup
{
    private readonly RtNetlink _netlink;
    private readonly EngineOptions _options;
    private readonly LinkInfo _link;
    private readonly UndoList _undo;
    private readonly string _space = PolicyRules.CurrentNamespace();
    private readonly HashSet<IpPrefix> _addresses = [];
    private readonly HashSet<IpPrefix> _routes = [];
    private readonly HashSet<RuleInfo> _rules = [];
    private int _mtu;

    /// <summary>Makes the set-up of an interface that was just attached to, in its network namespace.</summary>
    public InterfaceSetup(RtNetlink netlink, EngineOptions options, LinkInfo link, UndoList undo)
    {
        _netlink = netlink;
        _options = options;
        _link = link;
        _undo = undo;
        _mtu = link.Mtu;
    }

    /// <summary>Applies the spec. On an exception the list holds what had been done until then.</summary>
    /// <exception cref="EngineException">The kernel refused a step.</exception>
    public void Apply(DeviceSpec spec)
    {
        Change(v6: false, () => SetMtu(spec.Mtu));
        Change(v6: false, SetUp);
        Add(spec);
    }

    /// <summary>Makes another spec true in place: first what comes, then what goes, so that what stays is never without.</summary>
    /// <exception cref="EngineException">The kernel refused a step; update to the former spec to go back.</exception>
    public void Update(DeviceSpec spec)
    {
        // The kernel knows an IPv6 address once, whatever its prefix length: the old length has to go first.
        foreach (IpPrefix old in _addresses.Where(old => spec.Addresses.Any(a => a.Address == old.Address && a != old)).ToArray())
        {
            TakeBack(old);
        }

        Change(v6: false, () => SetMtu(spec.Mtu));
        Add(spec);
        HashSet<IpPrefix> routes = [.. spec.Routes.Select(route => route.Network())];
        foreach (IpPrefix old in _routes.Where(old => !routes.Contains(old)).ToArray())
        {
            Change(!old.Address.IsV4, () => _undo.TakeBack(Undoing(old, TableOf(old))));
            _routes.Remove(old);
        }

        bool lost = false;
        foreach (IpPrefix old in _addresses.Where(old => !spec.Addresses.Contains(old)).ToArray())
        {
            TakeBack(old);
            lost = true;
        }

        if (lost)
        {
            // With an address the kernel removes its secondaries, and with the last one of IPv4 all routes.
            Add(spec);
        }
    }

    private static string Undoing(IpPrefix address) => $"remove address {address}";

    private static string Undoing(IpPrefix route, uint table) => $"remove route {route} from table {table}";

    private static string Undoing(RuleInfo rule) => $"remove rule {rule}";

    private static void IgnoreAbsent(Action remove)
    {
        try
        {
            remove();
        }
        catch (NetlinkException e) when (e.Errno is Errno.ESRCH or Errno.ENOENT or Errno.ENODEV or Errno.EADDRNOTAVAIL)
        {
            // Somebody removed it, or the interface with it: that is what was wanted.
        }
    }

    private void Add(DeviceSpec spec)
    {
        AddAddresses(spec);
        AddRoutes(spec, v6: false);
        AddRoutes(spec, v6: true);
    }

    private void TakeBack(IpPrefix address)
    {
        Change(!address.Address.IsV4, () => _undo.TakeBack(Undoing(address)));
        _addresses.Remove(address);
    }

    private uint TableOf(IpPrefix route) => route.Length == 0 ? _options.RoutingTable + 1 : _options.RoutingTable;

    private void SetMtu(int wished)
    {
        int mtu = wished == 0 ? _link.Mtu : wished;
        if (mtu == _mtu)
        {
            return;
        }

        _netlink.SetMtu(_link.Index, mtu);
        _mtu = mtu;
        _undo.Add($"set its MTU back to {_link.Mtu}", () => _netlink.SetMtu(_link.Index, _link.Mtu));
    }

    private void SetUp()
    {
        if (_link.IsUp)
        {
            return;
        }

        List<AddressInfo> found = _netlink.ListAddresses(_link.Index);
        _netlink.SetLinkUp(_link.Index);
        _undo.Add("set it down again", () => SetDown(found));
    }

    private void SetDown(List<AddressInfo> found)
    {
        _netlink.SetLinkDown(_link.Index);

        // Going down flushes IPv6 addresses, those too that were there while it was down before.
        HashSet<IpPrefix> left = [.. _netlink.ListAddresses(_link.Index).Select(address => address.Prefix)];
        foreach (AddressInfo address in found.Where(address => !left.Contains(address.Prefix)))
        {
            _netlink.Replay(address);
        }
    }

    private void AddAddresses(DeviceSpec spec)
    {
        if (spec.Addresses.Count == 0)
        {
            return;
        }

        List<AddressInfo> present = _netlink.ListAddresses(_link.Index);
        foreach (IpPrefix address in spec.Addresses)
        {
            AddressInfo? found = present.Find(a => a.Prefix == address);
            if (found is null)
            {
                Change(!address.Address.IsV4, () => _netlink.AddAddress(_link.Index, address));
            }
            else if (found.Protocol != Rtnl.RTPROT_NETCONTROL)
            {
                continue;
            }

            _undo.Add(Undoing(address), () => IgnoreAbsent(() => _netlink.DeleteAddress(_link.Index, address)));
            _addresses.Add(address);
        }
    }

    private void AddRoutes(DeviceSpec spec, bool v6)
    {
        IpPrefix[] wanted = [.. spec.Routes.Where(route => route.Address.IsV4 != v6).Select(route => route.Network()).Distinct()];
        List<RouteInfo> present = wanted.Length == 0 ? [] : _netlink.ListRoutes(v6, interfaceIndex: _link.Index);
        bool specific = false;
        bool everything = false;
        foreach (IpPrefix route in wanted)
        {
            uint table = TableOf(route);
            List<RouteInfo> same = present.FindAll(r => r.Destination == route && r.Type == Rtnl.RTN_UNICAST);
            RouteInfo? ours = same.Find(r => r.Table == table);
            if (same.Count == 0)
            {
                Change(v6, () => _netlink.AddRoute(route, _link.Index, table));
                NoteRoute(route, table);
            }
            else if (ours is null)
            {
                // Routed into the device by a table that somebody else looks after, rules included.
                continue;
            }
            else if (ours.Protocol == Rtnl.RTPROT_NETCONTROL)
            {
                NoteRoute(route, table);
            }

            specific |= route.Length > 0;
            everything |= route.Length == 0;
        }

        IEnumerable<RuleInfo> needed = PolicyRules.Needed(_options, v6, specific, everything, ExcludedRanges.Of(spec));
        SetRules(v6, [.. needed.Select(rule => rule with { Protocol = _netlink.Mark })]);
    }

    private void NoteRoute(IpPrefix route, uint table)
    {
        _routes.Add(route);
        _undo.Add(Undoing(route, table), () => IgnoreAbsent(() => _netlink.DeleteRoute(route, _link.Index, table)));
    }

    private void SetRules(bool v6, List<RuleInfo> needed)
    {
        foreach (RuleInfo rule in needed.Where(rule => !_rules.Contains(rule)))
        {
            Change(v6, () => PolicyRules.Acquire(_netlink, _space, rule));
            _rules.Add(rule);
            _undo.Add(Undoing(rule), () => IgnoreAbsent(() => PolicyRules.Release(_netlink, _space, rule)));
        }

        foreach (RuleInfo rule in _rules.Where(rule => rule.IsV6 == v6 && !needed.Contains(rule)).ToArray())
        {
            Change(v6, () => _undo.TakeBack(Undoing(rule)));
            _rules.Remove(rule);
        }
    }

    private void Change(bool v6, Action step)
    {
        try
        {
            step();
        }
        catch (NetlinkException e)
        {
            throw Refusal(v6, e);
        }
    }

    private EngineException Refusal(bool v6, NetlinkException e)
    {
        string text = $"interface {_link.Name}: {e.Message}";
        return e.Errno switch
        {
            Errno.EPERM => new EngineException(
                EngineError.MissingCapability, $"{text}: grant the capability CAP_NET_ADMIN, or set it up beforehand", e),
            Errno.EACCES or Errno.EAFNOSUPPORT or Errno.EOPNOTSUPP when v6 => new EngineException(
                EngineError.KernelRefused,
                $"{text}: IPv6 is switched off here; set the sysctl net.ipv6.conf.{_link.Name}.disable_ipv6 "
                + "(or the one of 'default') to 0, or declare IPv4 only",
                e),
            Errno.EEXIST => new EngineException(
                EngineError.KernelRefused,
                $"{text}: another route or rule is in its place; remove it, or choose another routing table and priority",
                e),
            _ => new EngineException(EngineError.KernelRefused, text, e),
        };
    }
}
