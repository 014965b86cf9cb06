using System.Globalization;
using NetControl.ControlPlane.Specs;
using NetControl.Engine.Policies;
using NetControl.Engine.Sessions;
using NetControl.Network;

namespace NetControl.ControlPlane.Validation;

/// <summary>Turns a policy draft into a spec, or says everything that is wrong with it.</summary>
internal static class PolicyValidator
{
    private const int MostRules = 1000;
    private const int MostEntries = 1000;
    private const int LongestDescription = 256;

    /// <summary>Checks a draft. Fields are named with the prefix, e.g. <c>policies[0].</c>.</summary>
    public static PolicySpec? Validate(PolicyDraft draft, string prefix, FieldNaming naming, ViolationList violations)
    {
        int before = violations.Items.Count;
        NameValidator.Check(draft.Name, ResourceName.Policies, prefix + "name", violations);
        PolicyAction otherwise = Action(draft.DefaultAction.Length == 0 ? "ALLOW" : draft.DefaultAction, prefix + naming.DefaultAction, violations);
        if (otherwise == PolicyAction.Route)
        {
            violations.Add(prefix + naming.DefaultAction, draft.DefaultAction, "is for rules only",
                "write ALLOW, DENY or DROP, and attach the device to where the rest should go");
        }

        if (draft.Rules.Count > MostRules)
        {
            violations.Add(prefix + "rules", $"{draft.Rules.Count} rules", "are too many", $"write at most {MostRules}", "OUT_OF_RANGE");
            return null;
        }

        HashSet<string> ids = new(StringComparer.Ordinal);
        List<PolicyRuleSpec> rules = [];
        for (int i = 0; i < draft.Rules.Count; i++)
        {
            rules.Add(Rule(draft.Rules[i], $"{prefix}rules[{i}].", ids, violations));
        }

        return violations.Items.Count > before ? null : new PolicySpec(draft.Name, rules, otherwise);
    }

    private static PolicyRuleSpec Rule(PolicyRuleDraft draft, string prefix, HashSet<string> ids, ViolationList violations)
    {
        if (!ResourceName.IsId(draft.Id))
        {
            violations.Add(prefix + "id", draft.Id, "is not an id", "write 1 to 63 characters [a-z][a-z0-9-]*, e.g. no-metadata", "INVALID_NAME");
        }
        else if (!ids.Add(draft.Id))
        {
            violations.Add(prefix + "id", draft.Id, "is there twice", "give one of the two another id", "DUPLICATE");
        }

        if (draft.Description.Length > LongestDescription)
        {
            violations.AddText(prefix + "description", $"is {draft.Description.Length} characters long; write at most {LongestDescription}",
                "TOO_LONG");
        }

        PolicyAction action = Action(draft.Action, prefix + "action", violations);
        if (action == PolicyAction.Route)
        {
            NameValidator.CheckRequired(draft.Target, prefix + "target", violations);
        }
        else if (draft.Target.Length > 0)
        {
            violations.Add(prefix + "target", draft.Target, "is only for ROUTE", "leave it out, or set action to ROUTE", "NOT_APPLICABLE");
        }

        return new PolicyRuleSpec(
            draft.Id,
            draft.Description,
            action,
            draft.Target,
            Protocol(draft.Protocol, prefix + "protocol", violations),
            Prefixes(draft.Sources, prefix + "sources", violations),
            Prefixes(draft.Destinations, prefix + "destinations", violations),
            Ports(draft.Ports, prefix + "ports", violations));
    }

    private static PolicyAction Action(string text, string field, ViolationList violations)
    {
        switch (text)
        {
            case "ALLOW":
                return PolicyAction.Allow;
            case "DENY":
                return PolicyAction.Deny;
            case "DROP":
                return PolicyAction.Drop;
            case "ROUTE":
                return PolicyAction.Route;
            case "":
                violations.AddText(field, "is missing; write ALLOW, DENY, DROP or ROUTE", "REQUIRED");
                return PolicyAction.Deny;
            default:
                violations.Add(field, text, "is not an action", "write ALLOW, DENY, DROP or ROUTE");
                return PolicyAction.Deny;
        }
    }

    private static SessionProtocol? Protocol(string text, string field, ViolationList violations)
    {
        switch (text)
        {
            case "":
                return null;
            case "TCP":
                return SessionProtocol.Tcp;
            case "UDP":
                return SessionProtocol.Udp;
            default:
                violations.Add(field, text, "is not a protocol", "write TCP or UDP, or leave it out for both");
                return null;
        }
    }

    private static List<IpPrefix> Prefixes(IReadOnlyList<string> texts, string field, ViolationList violations)
    {
        List<IpPrefix> prefixes = [];
        if (!IsBounded(texts, field, violations))
        {
            return prefixes;
        }

        for (int i = 0; i < texts.Count; i++)
        {
            if (!IpPrefix.TryParse(texts[i], out IpPrefix prefix))
            {
                violations.Add($"{field}[{i}]", texts[i], "is not a prefix", "write e.g. 10.0.0.0/8 or fd00::/8", "INVALID_PREFIX");
            }
            else if (!prefix.IsNetwork)
            {
                violations.Add($"{field}[{i}]", texts[i], "has bits beyond its length", $"write {prefix.Network()}", "INVALID_PREFIX");
            }
            else
            {
                prefixes.Add(prefix);
            }
        }

        return prefixes;
    }

    private static List<PortRange> Ports(IReadOnlyList<string> texts, string field, ViolationList violations)
    {
        List<PortRange> ports = [];
        if (!IsBounded(texts, field, violations))
        {
            return ports;
        }

        for (int i = 0; i < texts.Count; i++)
        {
            string[] ends = texts[i].Split('-', 2);
            if (IsPort(ends[0], out ushort first) && IsPort(ends[^1], out ushort last) && first <= last)
            {
                ports.Add(new PortRange(first, last));
            }
            else
            {
                violations.Add($"{field}[{i}]", texts[i], "is not a port or a range", "write e.g. 443 or 8000-8999", "INVALID_PORT");
            }
        }

        return ports;
    }

    private static bool IsPort(string text, out ushort port) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port);

    private static bool IsBounded(IReadOnlyList<string> texts, string field, ViolationList violations)
    {
        if (texts.Count <= MostEntries)
        {
            return true;
        }

        violations.Add(field, $"{texts.Count} entries", "are too many", $"write at most {MostEntries}, or split the rule", "OUT_OF_RANGE");
        return false;
    }
}
