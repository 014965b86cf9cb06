using NetControl.Engine.Devices;
using NetControl.Engine.Netlink;

namespace NetControl.Engine.Diagnosis;

/// <summary>Looks at the policy rules and routing tables that the devices share: nobody else's things belong there.</summary>
internal static class RuleCheck
{
    /// <summary>Notes what is wrong.</summary>
    public static void Run(DiagnosisNotes notes)
    {
        foreach (bool v6 in (bool[])[false, true])
        {
            CheckRules(notes, v6);
            CheckTables(notes, v6);
        }
    }

    /// <summary>The command line that adds or deletes a rule.</summary>
    public static string Command(string verb, RuleInfo rule)
    {
        string[] words = $"{rule}".Split(' ', 2);
        return $"ip {words[0]} rule {verb} {words[1]}";
    }

    private static void CheckRules(DiagnosisNotes notes, bool v6)
    {
        EngineOptions options = notes.Options;
        RuleInfo[] needed = [.. PolicyRules.Needed(options, v6, [.. notes.Devices.Select(device => device.Spec)])];
        HashSet<RuleInfo> seen = [];
        foreach (RuleInfo rule in notes.Rules(v6))
        {
            bool ours = rule.Table == options.RoutingTable || rule.Table == options.RoutingTable + 1;
            bool place = rule.Priority >= options.RulePriority && rule.Priority <= options.RulePriority + PolicyRules.GuardEverything;
            bool wanted = Array.IndexOf(needed, rule) >= 0;
            if (notes.Check(wanted ? !seen.Add(rule) : Array.Exists(needed, other => other with { Priority = rule.Priority } == rule)))
            {
                notes.Add(
                    FindingSeverity.Warning, FindingCode.RuleDuplicate, $"{rule}", "a rule of the devices is there once more",
                    Command("delete", rule));
            }
            else if ((ours || place) && !wanted)
            {
                notes.Add(
                    FindingSeverity.Warning, FindingCode.RuleForeign, $"{rule}",
                    ours
                        ? "a rule that no device needs leads into a routing table of the devices"
                        : "a rule of somebody else has a priority of the devices'",
                    Command("delete", rule));
            }
        }
    }

    private static void CheckTables(DiagnosisNotes notes, bool v6)
    {
        foreach (uint table in (uint[])[notes.Options.RoutingTable, notes.Options.RoutingTable + 1])
        {
            foreach (RouteInfo route in notes.Routes(v6, table))
            {
                if (notes.Check(!notes.DeviceIndexes.Contains(route.InterfaceIndex)))
                {
                    string way = route.InterfaceIndex > 0 ? $" dev {notes.NameOf(route.InterfaceIndex)}" : "";
                    notes.Add(
                        FindingSeverity.Warning, FindingCode.TableConflict, $"{route.Destination} table {table}",
                        $"table {table} is the devices', and holds a route of somebody else to {route.Destination}{way}",
                        $"ip {(v6 ? "-6" : "-4")} route delete {route.Destination}{way} table {table}");
                }
            }
        }
    }
}
