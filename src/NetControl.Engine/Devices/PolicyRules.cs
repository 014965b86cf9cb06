using NetControl.Engine.Netlink;
using NetControl.Network;

namespace NetControl.Engine.Devices;

/// <summary>The policy rules that lead unmarked packets to the devices' routing tables, shared by all devices of the network
/// namespace.</summary>
/// <remarks>
/// Thread rule: any thread; one lock. A rule belongs to a network namespace, so it is counted per namespace, and what all its processes do
/// with rules goes through one <see cref="NamespaceGate"/>. A rule that somebody else made is used and left in place. Ours carry
/// <see cref="Rtnl.RTPROT_NETCONTROL"/>; a kernel that does not keep the mark (before 4.17) makes a killed process' rules look foreign:
/// they are then used, neither doubled nor removed.
/// </remarks>
internal static class PolicyRules
{
    /// <summary>Before <see cref="EngineOptions.RulePriority"/>: what is left to the main table, by destination or by user.</summary>
    public const uint Excluded = 1;

    /// <summary>After <see cref="EngineOptions.RulePriority"/>: the kill switch's rule for specific routes, behind the devices' own.</summary>
    public const uint GuardSpecific = 1;

    /// <summary>The main table without its default route, before the devices' default route.</summary>
    public const uint Main = 2;

    /// <summary>The devices' default route.</summary>
    public const uint Everything = 3;

    /// <summary>The same as <see cref="Main"/>, for the kill switch.</summary>
    public const uint GuardMain = 4;

    /// <summary>The kill switch's rule for the default route.</summary>
    public const uint GuardEverything = 5;

    private static readonly Lock s_lock = new();
    private static readonly Dictionary<(string Namespace, RuleInfo Rule), Entry> s_entries = [];

    /// <summary>The calling thread's network namespace, as the kernel names it.</summary>
    public static string CurrentNamespace() => new FileInfo("/proc/thread-self/ns/net").LinkTarget ?? string.Empty;

    /// <summary>The rules that one family's routes need, in order of priority.</summary>
    /// <param name="options">Mark, tables and priorities.</param>
    /// <param name="v6">The family.</param>
    /// <param name="specs">The devices in question.</param>
    public static IEnumerable<RuleInfo> Needed(EngineOptions options, bool v6, params IReadOnlyCollection<DeviceSpec> specs)
    {
        IpPrefix[] routes = [.. specs.SelectMany(spec => spec.Routes).Where(route => route.Address.IsV4 != v6)];
        return Needed(options, v6, routes.Any(route => route.Length > 0), routes.Any(route => route.Length == 0),
            [.. specs.SelectMany(ExcludedRanges.Of).Distinct()]);
    }

    /// <summary>The same for routes of which it is known what they are.</summary>
    /// <param name="options">Mark, tables and priorities.</param>
    /// <param name="v6">The family.</param>
    /// <param name="specific">Whether there are routes other than the default route.</param>
    /// <param name="everything">Whether there is a default route.</param>
    /// <param name="excluded">Destinations of either family that the main table serves.</param>
    public static IEnumerable<RuleInfo> Needed(
        EngineOptions options, bool v6, bool specific, bool everything, IReadOnlyList<IpPrefix> excluded)
    {
        foreach (IpPrefix destination in excluded.Where(route => route.Address.IsV4 != v6 && (specific || everything)))
        {
            yield return new RuleInfo
            {
                IsV6 = v6,
                Priority = options.RulePriority - Excluded,
                Destination = destination,
                Table = Rtnl.RT_TABLE_MAIN,
            };
        }

        RuleInfo unmarked = new()
        {
            IsV6 = v6,
            Mark = options.Mark,
            Mask = options.Mark == 0 ? 0 : uint.MaxValue,
            Invert = options.Mark != 0,
        };
        if (specific)
        {
            yield return unmarked with { Priority = options.RulePriority, Table = options.RoutingTable };
        }

        if (everything)
        {
            // The machine's own networks stay reachable: the main table goes first, except for what only its default route would match.
            yield return new RuleInfo
            {
                IsV6 = v6,
                Priority = options.RulePriority + Main,
                Table = Rtnl.RT_TABLE_MAIN,
                SuppressPrefixLength = 0,
            };
            yield return unmarked with { Priority = options.RulePriority + Everything, Table = options.RoutingTable + 1 };
        }
    }

    /// <summary>Counts one more user of a rule and installs it where it is missing. In the namespace that the rule is for.</summary>
    /// <exception cref="NetlinkException">The kernel refused; the count is as before.</exception>
    public static void Acquire(RtNetlink netlink, string networkNamespace, RuleInfo rule)
    {
        lock (s_lock)
        {
            using NamespaceGate gate = NamespaceGate.Enter();
            RuleInfo? present = netlink.ListRules(rule.IsV6).Find(rule.DoesTheSameAs);
            if (present is null)
            {
                // Also when it is counted already: somebody may have flushed the rules under us.
                netlink.AddRule(rule);
            }

            if (!s_entries.TryGetValue((networkNamespace, rule), out Entry? entry))
            {
                s_entries.Add((networkNamespace, rule), entry = new Entry(new RuleClaim(rule)));
            }

            // One that carries our mark is ours whoever of us made it: a predecessor that was killed, or another that still runs.
            entry.Users++;
            entry.Ours |= present is null || present.Protocol == Rtnl.RTPROT_NETCONTROL;
        }
    }

    /// <summary>Counts one user less; the last one, of all processes, removes the rule if one of them installed it.</summary>
    public static void Release(RtNetlink netlink, string networkNamespace, RuleInfo rule)
    {
        lock (s_lock)
        {
            if (!s_entries.TryGetValue((networkNamespace, rule), out Entry? entry) || --entry.Users > 0)
            {
                return;
            }

            s_entries.Remove((networkNamespace, rule));
            using RuleClaim claim = entry.Claim;
            using NamespaceGate gate = NamespaceGate.Enter(claim.Ticket);
            if (!claim.GiveUp() && entry.Ours)
            {
                netlink.DeleteRule(rule);
            }
        }
    }

    /// <summary>Removes the rules of ours that no living process claims and no wished device will need. In the namespace in
    /// question.</summary>
    /// <param name="netlink">The client.</param>
    /// <param name="wanted">What the devices to come will acquire.</param>
    /// <returns>What was removed.</returns>
    public static List<RuleInfo> RemoveUnclaimed(RtNetlink netlink, IReadOnlySet<RuleInfo> wanted)
    {
        List<RuleInfo> removed = [];
        lock (s_lock)
        {
            using NamespaceGate gate = NamespaceGate.Enter();
            foreach (RuleInfo rule in (IEnumerable<RuleInfo>)[.. netlink.ListRules(v6: false), .. netlink.ListRules(v6: true)])
            {
                if (rule is { Protocol: Rtnl.RTPROT_NETCONTROL, HasMore: false } && !wanted.Contains(rule) && !RuleClaim.Exists(rule))
                {
                    netlink.DeleteRule(rule);
                    removed.Add(rule);
                }
            }
        }

        return removed;
    }

    private sealed class Entry(RuleClaim claim)
    {
        public RuleClaim Claim { get; } = claim;

        public int Users { get; set; }

        public bool Ours { get; set; }
    }
}
