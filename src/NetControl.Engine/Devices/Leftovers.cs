using Microsoft.Extensions.Logging;
using NetControl.Engine.Netlink;

namespace NetControl.Engine.Devices;

/// <summary>What a killed predecessor left in the kernel: found by our mark, and removed unless a device to come will take it over.</summary>
/// <remarks>
/// An interface made by us dies with its process, and its addresses and routes with it. What can be left is policy rules (nobody's, once no
/// living process claims them: <see cref="RuleClaim"/>), and addresses and routes of an adopted, persistent interface (nobody's, once it
/// has no queue attached, which its lack of a carrier shows: whoever adds them is attached before, and takes them back before letting go).
/// What does not carry
/// <see cref="Rtnl.RTPROT_NETCONTROL"/> is foreign. A kernel before 5.18 keeps no mark on addresses: those that were left stay, and are
/// used as found. Thread rule: a thread of the network namespace in question, never a loop.
/// </remarks>
internal static class Leftovers
{
    /// <summary>Removes what is left and not wanted.</summary>
    /// <param name="options">Mark, routing tables and rule priorities.</param>
    /// <param name="wanted">The devices that will be opened.</param>
    /// <param name="logger">For what was removed, or could not be.</param>
    public static void Remove(EngineOptions options, IReadOnlyCollection<DeviceSpec> wanted, ILogger logger)
    {
        try
        {
            using RtNetlink netlink = new();
            foreach (LinkInfo link in netlink.ListLinks().Where(link => link is { Tun.IsTun: true, HasCarrier: false }))
            {
                Remove(netlink, link, wanted.FirstOrDefault(spec => spec.InterfaceName == link.Name), options, logger);
            }

            foreach (RuleInfo rule in PolicyRules.RemoveUnclaimed(netlink, RulesOf(options, wanted)))
            {
                DeviceLog.LeftoverRemoved(logger, $"rule {rule}");
            }
        }
        catch (NetlinkException e)
        {
            // Without the capability nothing can be removed; what needs it more than this says so itself.
            DeviceLog.LeftoversStay(logger, e.Message);
        }
    }

    private static void Remove(RtNetlink netlink, LinkInfo link, DeviceSpec? wanted, EngineOptions options, ILogger logger)
    {
        // Routes first: with an interface's last address the kernel removes them unasked.
        foreach (RouteInfo route in (IEnumerable<RouteInfo>)
            [.. netlink.ListRoutes(v6: false, interfaceIndex: link.Index), .. netlink.ListRoutes(v6: true, interfaceIndex: link.Index)])
        {
            if (route.Protocol == Rtnl.RTPROT_NETCONTROL && !IsWanted(route, wanted, options))
            {
                netlink.DeleteRoute(route.Destination, link.Index, route.Table, protocol: Rtnl.RTPROT_NETCONTROL);
                DeviceLog.LeftoverRemoved(logger, $"route {route.Destination} dev {link.Name} table {route.Table}");
            }
        }

        foreach (AddressInfo address in netlink.ListAddresses(link.Index))
        {
            if (address.Protocol == Rtnl.RTPROT_NETCONTROL && wanted?.Addresses.Contains(address.Prefix) != true)
            {
                netlink.DeleteAddress(link.Index, address.Prefix);
                DeviceLog.LeftoverRemoved(logger, $"address {address.Prefix} dev {link.Name}");
            }
        }
    }

    private static bool IsWanted(RouteInfo route, DeviceSpec? wanted, EngineOptions options) =>
        wanted?.Routes.Any(wish => wish.Network() == route.Destination) == true
        && route.Table == (route.Destination.Length == 0 ? options.RoutingTable + 1 : options.RoutingTable);

    private static HashSet<RuleInfo> RulesOf(EngineOptions options, IReadOnlyCollection<DeviceSpec> wanted)
    {
        HashSet<RuleInfo> rules = [];
        foreach (bool v6 in (ReadOnlySpan<bool>)[false, true])
        {
            rules.UnionWith(PolicyRules.Needed(options, v6, wanted));
        }

        return rules;
    }
}
