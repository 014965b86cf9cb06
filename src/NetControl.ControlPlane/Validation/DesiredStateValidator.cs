using NetControl.ControlPlane.Specs;

namespace NetControl.ControlPlane.Validation;

/// <summary>Checks a whole document at once: every field, every name, every reference.</summary>
public static class DesiredStateValidator
{
    /// <summary>Adds every violation of the document.</summary>
    public static void Validate(DesiredState desired, ViolationList violations) =>
        Validate(desired, new HashSet<string>(StringComparer.Ordinal), new HashSet<(string, string)>(), violations);

    /// <summary>Adds every violation of the document.</summary>
    /// <param name="desired">The document.</param>
    /// <param name="known">The names of resources outside it that it may refer to.</param>
    /// <param name="dangling">References to what is gone that it may repeat: whose, and to what; empty for a delegate without a proxy.</param>
    /// <param name="violations">Gets the violations.</param>
    public static void Validate(DesiredState desired, IReadOnlySet<string> known, IReadOnlySet<(string Owner, string Target)> dangling,
        ViolationList violations)
    {
        HashSet<string> proxies = Names(desired.Proxies.Select(p => p.Name), "proxies", violations);
        proxies.UnionWith(known.Where(name => ResourceName.Is(name, ResourceName.Proxies)));
        HashSet<string> delegates = Names(desired.Delegates.Select(d => d.Name), "delegates", violations);
        delegates.UnionWith(known.Where(name => ResourceName.Is(name, ResourceName.Delegates)));
        Names(desired.Devices.Select(d => d.Name), "devices", violations);
        for (int i = 0; i < desired.Proxies.Count; i++)
        {
            string prefix = $"proxies[{i}].";
            ProxyValidator.CheckMachine(ProxyValidator.Validate(desired.Proxies[i], prefix, FieldNaming.Json, violations), prefix, violations);
        }

        for (int i = 0; i < desired.Delegates.Count; i++)
        {
            DelegateDraft draft = desired.Delegates[i];
            bool blocked = dangling.Contains((draft.Name, draft.Proxy));
            DelegateValidator.Validate(draft, $"delegates[{i}].", FieldNaming.Json, violations, blocked);
            if (!blocked)
            {
                Reference(draft.Proxy, $"delegates[{i}].proxy", proxies, delegates: [], violations);
            }

            for (int n = 0; n < draft.Proxies.Count; n++)
            {
                Reference(draft.Proxies[n], $"delegates[{i}].proxies[{n}]", proxies, delegates: [], violations);
            }
        }

        HashSet<string> policies = Policies(desired, known, dangling, proxies, delegates, violations);
        List<TunSpec> valid = [];
        for (int i = 0; i < desired.Devices.Count; i++)
        {
            DeviceDraft draft = desired.Devices[i];
            Reference(draft.StreamDialer, $"devices[{i}].{FieldNaming.Json.StreamDialer}", proxies, delegates, violations);
            Reference(draft.PacketProxy, $"devices[{i}].{FieldNaming.Json.PacketProxy}", proxies, delegates, violations);
            if (ResourceName.Is(draft.Policy, ResourceName.Policies) && !policies.Contains(draft.Policy)
                && !dangling.Contains((draft.Name, draft.Policy)))
            {
                Missing($"devices[{i}].policy", draft.Policy, policies, violations);
            }

            TunSpec? spec = DeviceValidator.Validate(draft, $"devices[{i}].", FieldNaming.Json, violations);
            if (spec is null)
            {
                continue;
            }

            foreach (TunSpec other in valid)
            {
                if (!string.Equals(other.Name, spec.Name, StringComparison.Ordinal))
                {
                    DeviceConflicts.Check(spec, other, $"devices[{i}].", violations);
                }
            }

            valid.Add(spec);
        }
    }

    private static HashSet<string> Policies(DesiredState desired, IReadOnlySet<string> known,
        IReadOnlySet<(string Owner, string Target)> dangling, HashSet<string> proxies, HashSet<string> delegates, ViolationList violations)
    {
        HashSet<string> policies = Names(desired.Policies.Select(p => p.Name), "policies", violations);
        policies.UnionWith(known.Where(name => ResourceName.Is(name, ResourceName.Policies)));
        for (int i = 0; i < desired.Policies.Count; i++)
        {
            PolicyDraft draft = desired.Policies[i];
            PolicyValidator.Validate(draft, $"policies[{i}].", FieldNaming.Json, violations);
            for (int rule = 0; rule < draft.Rules.Count; rule++)
            {
                if (dangling.Contains((draft.Name, draft.Rules[rule].Target)))
                {
                    continue;
                }

                Reference(draft.Rules[rule].Target, $"policies[{i}].rules[{rule}].target", proxies, delegates, violations);
            }
        }

        return policies;
    }

    private static HashSet<string> Names(IEnumerable<string> names, string field, ViolationList violations)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        int index = 0;
        foreach (string name in names)
        {
            if (!seen.Add(name))
            {
                violations.Add($"{field}[{index}].name", name, "is there twice", "give one of the two another name", "DUPLICATE");
            }

            index++;
        }

        return seen;
    }

    private static void Reference(string name, string field, HashSet<string> proxies, HashSet<string> delegates, ViolationList violations)
    {
        if (ResourceName.Is(name, ResourceName.Proxies) && !proxies.Contains(name))
        {
            Missing(field, name, proxies, violations);
        }
        else if (ResourceName.Is(name, ResourceName.Delegates) && !delegates.Contains(name))
        {
            Missing(field, name, delegates, violations);
        }
    }

    private static void Missing(string field, string name, HashSet<string> known, ViolationList violations)
    {
        string? nearest = Spelling.Nearest(name, known);
        string fix = nearest is not null ? $"did you mean {nearest}?"
            : known.Count > 0 ? $"declare it, or write one of {string.Join(", ", known.Order(StringComparer.Ordinal))}"
            : "declare it";
        violations.Add(field, name, "is not declared", fix, "NOT_FOUND");
    }
}
