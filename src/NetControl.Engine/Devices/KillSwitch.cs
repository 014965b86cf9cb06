using Microsoft.Extensions.Logging;
using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Netlink;
using NetControl.Network;

namespace NetControl.Engine.Devices;

/// <summary>Keeps guarded destinations from leaving any other way, also while no process is there to serve them.</summary>
/// <remarks>
/// Behind each rule that leads to the devices stands one that leads to a table of "prohibit" routes: where a device's own route is, it comes
/// first; where it is not, be it that the process was killed, has ended or has not started yet, an application is refused at once
/// (EACCES) instead of finding the machine's default route. Own upstream sockets carry the mark and pass by.
/// All of it carries <see cref="Rtnl.RTPROT_NETCONTROL_GUARD"/> and outlives the process: only <see cref="Release"/> takes it away.
/// Thread rule: a thread of the network namespace in question, never a loop; processes take turns (<see cref="NamespaceGate"/>).
/// </remarks>
public static class KillSwitch
{
    private const uint TableOffset = 2;

    /// <summary>Guards destinations; those that are guarded already stay so.</summary>
    /// <returns>Those that were not guarded before.</returns>
    /// <exception cref="EngineException">The kernel said no; what had been added is taken away again.</exception>
    public static IReadOnlyList<IpPrefix> Guard(EngineOptions options, IReadOnlyCollection<IpPrefix> destinations)
    {
        List<IpPrefix> added = [];
        if (destinations.Count == 0)
        {
            return added;
        }

        try
        {
            using RtNetlink netlink = new();
            using NamespaceGate gate = NamespaceGate.Enter();
            foreach (IpPrefix destination in destinations)
            {
                if (!IsThere(netlink, options, destination))
                {
                    netlink.AddProhibit(destination, TableOf(options, destination));
                    added.Add(destination);
                }
            }

            foreach (RuleInfo rule in Rules(options, destinations))
            {
                if (!netlink.ListRules(rule.IsV6).Exists(present => present == rule))
                {
                    netlink.AddRule(rule);
                }
            }

            return added;
        }
        catch (NetlinkException e)
        {
            Release(options, added, null);
            throw new EngineException(
                e.Errno == Errno.EPERM ? EngineError.MissingCapability : EngineError.KernelRefused,
                $"the kill switch cannot be set: {e.Message}", e);
        }
    }

    /// <summary>Guards destinations no longer, and takes away the rules with the last of them.</summary>
    public static void Release(EngineOptions options, IReadOnlyCollection<IpPrefix> destinations, ILogger? logger)
    {
        try
        {
            using RtNetlink netlink = new();
            using NamespaceGate gate = NamespaceGate.Enter();
            foreach (IpPrefix destination in destinations.Where(d => IsThere(netlink, options, d)))
            {
                netlink.DeleteProhibit(destination, TableOf(options, destination));
            }

            HashSet<RuleInfo> needed = [.. Rules(options, Guarded(netlink, options))];
            foreach (RuleInfo rule in Ours(netlink).Where(rule => !needed.Contains(rule)))
            {
                netlink.DeleteRule(rule);
            }
        }
        catch (NetlinkException e)
        {
            // What cannot be taken away goes on refusing: that is the safe side, and the log says so.
            if (logger is not null)
            {
                DeviceLog.LeftoversStay(logger, e.Message);
            }
        }
    }

    /// <summary>What is guarded in this network namespace, by whomever.</summary>
    public static IReadOnlyList<IpPrefix> Guarded(EngineOptions options)
    {
        using RtNetlink netlink = new();
        return Guarded(netlink, options);
    }

    private static List<IpPrefix> Guarded(RtNetlink netlink, EngineOptions options) =>
    [
        .. from v6 in (bool[])[false, true]
           from table in (uint[])[options.RoutingTable + TableOffset, options.RoutingTable + TableOffset + 1]
           from route in netlink.ListRoutes(v6, table)
           where route.Protocol == Rtnl.RTPROT_NETCONTROL_GUARD
           select route.Destination,
    ];

    private static IEnumerable<RuleInfo> Ours(RtNetlink netlink) =>
        [.. netlink.ListRules(v6: false).Concat(netlink.ListRules(v6: true)).Where(rule => rule.Protocol == Rtnl.RTPROT_NETCONTROL_GUARD)];

    private static bool IsThere(RtNetlink netlink, EngineOptions options, IpPrefix destination) =>
        netlink.ListRoutes(!destination.Address.IsV4, TableOf(options, destination))
            .Exists(route => route.Destination == destination && route.Protocol == Rtnl.RTPROT_NETCONTROL_GUARD);

    // As with the devices' routes, the default route stands in a table of its own: the machine's own networks come before it.
    private static uint TableOf(EngineOptions options, IpPrefix destination) =>
        options.RoutingTable + TableOffset + (destination.Length == 0 ? 1u : 0u);

    private static IEnumerable<RuleInfo> Rules(EngineOptions options, IReadOnlyCollection<IpPrefix> destinations)
    {
        foreach (bool v6 in (bool[])[false, true])
        {
            IpPrefix[] mine = [.. destinations.Where(d => d.Address.IsV4 != v6)];
            RuleInfo unmarked = new()
            {
                IsV6 = v6,
                Mark = options.Mark,
                Mask = options.Mark == 0 ? 0 : uint.MaxValue,
                Invert = options.Mark != 0,
                Protocol = Rtnl.RTPROT_NETCONTROL_GUARD,
            };
            if (mine.Any(d => d.Length > 0))
            {
                yield return unmarked with
                {
                    Priority = options.RulePriority + PolicyRules.GuardSpecific,
                    Table = options.RoutingTable + TableOffset,
                };
            }

            if (mine.Any(d => d.Length == 0))
            {
                // The devices' own rule for the main table goes with them; this one stays.
                yield return new RuleInfo
                {
                    IsV6 = v6,
                    Priority = options.RulePriority + PolicyRules.GuardMain,
                    Table = Rtnl.RT_TABLE_MAIN,
                    SuppressPrefixLength = 0,
                    Protocol = Rtnl.RTPROT_NETCONTROL_GUARD,
                };
                yield return unmarked with
                {
                    Priority = options.RulePriority + PolicyRules.GuardEverything,
                    Table = options.RoutingTable + TableOffset + 1,
                };
            }
        }
    }
}
