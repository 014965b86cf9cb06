using NetControl.Engine.Netlink;
using NetControl.Network;

namespace NetControl.Engine.Devices;

/// <summary>The IPv6 addresses and multicast route that an adopted interface had before it was attached to.</summary>
/// <remarks>
/// Attaching gives an interface a carrier. If it is up and never had one, the kernel then gives it a link-local address and the route
/// ff00::/8, and both outlive the descriptors; an interface that is given back as it was found must not have them.
/// </remarks>
internal sealed class FoundIpv6
{
    // fe80::/10 (RFC 4291 section 2.5.6), its ten bits.
    private const ulong LinkLocalTop = 0xFE80 >> 6;

    // The kernel keeps the multicast routes of interfaces in the table 'local'.
    private const uint LocalTable = 255;

    private static readonly IpPrefix s_multicast = new(IpAddr.Parse("ff00::"), 8);

    private readonly RtNetlink _netlink;
    private readonly int _index;
    private readonly HashSet<IpPrefix> _addresses;
    private readonly bool _multicastRoute;

    /// <summary>Takes the note. Before attaching.</summary>
    public FoundIpv6(RtNetlink netlink, int index)
    {
        _netlink = netlink;
        _index = index;
        _addresses = [.. netlink.ListAddresses(index).Select(address => address.Prefix)];
        _multicastRoute = HasMulticastRoute();
    }

    /// <summary>Removes what the kernel has added since. After detaching, since a carrier would bring it back.</summary>
    public void RemoveNewcomers()
    {
        try
        {
            foreach (AddressInfo address in _netlink.ListAddresses(_index))
            {
                IpPrefix prefix = address.Prefix;
                if (!prefix.Address.IsV4 && prefix.Address.High >> 54 == LinkLocalTop && !_addresses.Contains(prefix))
                {
                    _netlink.DeleteAddress(_index, prefix);
                }
            }

            if (!_multicastRoute && HasMulticastRoute())
            {
                _netlink.DeleteRoute(s_multicast, _index, LocalTable);
            }
        }
        catch (NetlinkException)
        {
            // Without the capability they stay, which does no harm; and the interface may be gone already.
        }
    }

    private bool HasMulticastRoute() => _netlink.ListRoutes(v6: true, LocalTable, _index).Exists(route => route.Destination == s_multicast);
}
