using NetControl.Engine.Netlink;

namespace NetControl.Engine.Devices;

/// <summary>The policy rules that lead unmarked packets to the devices' routing tables, shared by all devices of the process.</summary>
/// <remarks>
/// Thread rule: any thread; one lock. A rule belongs to a network namespace, so it is counted per namespace. A rule that was there before
/// the first user is left in place after the last.
/// </remarks>
internal static class PolicyRules
{
    private static readonly Lock s_lock = new();
    private static readonly Dictionary<(string Namespace, RuleInfo Rule), Entry> s_entries = [];

    /// <summary>The calling thread's network namespace, as the kernel names it.</summary>
    public static string CurrentNamespace() => new FileInfo("/proc/thread-self/ns/net").LinkTarget ?? string.Empty;

    /// <summary>The rules that one family's routes need, in order of priority.</summary>
    /// <param name="options">Mark, tables and priorities.</param>
    /// <param name="v6">The family.</param>
    /// <param name="specific">Whether there are routes other than the default route.</param>
    /// <param name="everything">Whether there is a default route.</param>
    public static IEnumerable<RuleInfo> Needed(EngineOptions options, bool v6, bool specific, bool everything)
    {
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
                Priority = options.RulePriority + 1,
                Table = Rtnl.RT_TABLE_MAIN,
                SuppressPrefixLength = 0,
            };
            yield return unmarked with { Priority = options.RulePriority + 2, Table = options.RoutingTable + 1 };
        }
    }

    /// <summary>Counts one more user of a rule and installs it where it is missing.</summary>
    /// <exception cref="NetlinkException">The kernel refused; the count is as before.</exception>
    public static void Acquire(RtNetlink netlink, string networkNamespace, RuleInfo rule)
    {
        lock (s_lock)
        {
            bool present = netlink.ListRules(rule.IsV6).Contains(rule);
            if (!present)
            {
                // Also when it is counted already: somebody may have flushed the rules under us.
                netlink.AddRule(rule);
            }

            if (!s_entries.TryGetValue((networkNamespace, rule), out Entry? entry))
            {
                s_entries.Add((networkNamespace, rule), entry = new Entry());
            }

            entry.Users++;
            entry.Ours |= !present;
        }
    }

    /// <summary>Counts one user less; the last one removes the rule if it was installed here.</summary>
    public static void Release(RtNetlink netlink, string networkNamespace, RuleInfo rule)
    {
        lock (s_lock)
        {
            if (!s_entries.TryGetValue((networkNamespace, rule), out Entry? entry) || --entry.Users > 0)
            {
                return;
            }

            s_entries.Remove((networkNamespace, rule));
            if (entry.Ours)
            {
                netlink.DeleteRule(rule);
            }
        }
    }

    private sealed class Entry
    {
        public int Users { get; set; }

        public bool Ours { get; set; }
    }
}
