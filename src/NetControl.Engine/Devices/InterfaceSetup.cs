using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Netlink;
using NetControl.Network;

namespace NetControl.Engine.Devices;

/// <summary>
/// Gives an interface what its spec declares and it lacks: MTU, addresses, link state, routes, rules. Each step is noted for taking back.
/// </summary>
/// <remarks>Owner: the opening thread. What is already there is not touched, so an interface prepared by somebody else needs no
/// capability.</remarks>
internal sealed class InterfaceSetup
{
    private readonly RtNetlink _netlink;
    private readonly DeviceSpec _spec;
    private readonly EngineOptions _options;
    private readonly LinkInfo _link;
    private readonly UndoList _undo;

    private InterfaceSetup(RtNetlink netlink, DeviceSpec spec, EngineOptions options, LinkInfo link, UndoList undo)
    {
        _netlink = netlink;
        _spec = spec;
        _options = options;
        _link = link;
        _undo = undo;
    }

    /// <summary>Applies the spec. On an exception the list holds what had been done until then.</summary>
    /// <exception cref="EngineException">The kernel refused a step.</exception>
    public static void Apply(RtNetlink netlink, DeviceSpec spec, EngineOptions options, LinkInfo link, UndoList undo)
    {
        InterfaceSetup setup = new(netlink, spec, options, link, undo);
        setup.Change(v6: false, setup.SetMtu);
        setup.Change(v6: false, setup.SetUp);
        setup.AddAddresses();
        setup.AddRoutes(v6: false);
        setup.AddRoutes(v6: true);
    }

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

    private void SetMtu()
    {
        if (_spec.Mtu == 0 || _spec.Mtu == _link.Mtu)
        {
            return;
        }

        _netlink.SetMtu(_link.Index, _spec.Mtu);
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

    private void AddAddresses()
    {
        if (_spec.Addresses.Count == 0)
        {
            return;
        }

        HashSet<IpPrefix> present = [.. _netlink.ListAddresses(_link.Index).Select(address => address.Prefix)];
        foreach (IpPrefix address in _spec.Addresses)
        {
            if (present.Add(address))
            {
                Change(!address.Address.IsV4, () => AddAddress(address));
            }
        }
    }

    private void AddAddress(IpPrefix address)
    {
        _netlink.AddAddress(_link.Index, address);
        _undo.Add($"remove address {address}", () => IgnoreAbsent(() => _netlink.DeleteAddress(_link.Index, address)));
    }

    private void AddRoutes(bool v6)
    {
        IpPrefix[] wanted = [.. _spec.Routes.Where(route => route.Address.IsV4 != v6).Select(route => route.Network()).Distinct()];
        if (wanted.Length == 0)
        {
            return;
        }

        List<RouteInfo> present = _netlink.ListRoutes(v6, interfaceIndex: _link.Index);
        bool specific = false;
        bool everything = false;
        foreach (IpPrefix route in wanted)
        {
            uint table = route.Length == 0 ? _options.RoutingTable + 1 : _options.RoutingTable;
            List<RouteInfo> same = present.FindAll(r => r.Destination == route && r.Type == Rtnl.RTN_UNICAST);
            if (same.Count == 0)
            {
                Change(v6, () => AddRoute(route, table));
            }
            else if (!same.Exists(r => r.Table == table))
            {
                // Routed into the device by a table that somebody else looks after, rules included.
                continue;
            }

            specific |= route.Length > 0;
            everything |= route.Length == 0;
        }

        string space = PolicyRules.CurrentNamespace();
        foreach (RuleInfo rule in PolicyRules.Needed(_options, v6, specific, everything))
        {
            Change(v6, () => AddRule(space, rule));
        }
    }

    private void AddRoute(IpPrefix route, uint table)
    {
        _netlink.AddRoute(route, _link.Index, table);
        _undo.Add($"remove route {route} from table {table}", () => IgnoreAbsent(() => _netlink.DeleteRoute(route, _link.Index, table)));
    }

    private void AddRule(string space, RuleInfo rule)
    {
        PolicyRules.Acquire(_netlink, space, rule);
        _undo.Add($"remove rule {rule}", () => IgnoreAbsent(() => PolicyRules.Release(_netlink, space, rule)));
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
