using NetControl.ControlPlane.Specs;

namespace NetControl.ControlPlane.Validation;

/// <summary>Turns a delegate draft into a spec, or says everything that is wrong with it.</summary>
internal static class DelegateValidator
{
    /// <summary>How many proxies a delegate may choose among.</summary>
    public const int MostProxies = 16;

    /// <summary>Checks a draft.</summary>
    /// <param name="draft">The draft.</param>
    /// <param name="prefix">What comes before the names of fields, e.g. <c>delegates[0].</c>.</param>
    /// <param name="naming">How fields are spelt.</param>
    /// <param name="violations">Gets what is wrong.</param>
    /// <param name="blocked">Whether it may point nowhere, as a removal by force leaves it.</param>
    public static DelegateSpec? Validate(DelegateDraft draft, string prefix, FieldNaming naming, ViolationList violations, bool blocked = false)
    {
        int before = violations.Items.Count;
        NameValidator.Check(draft.Name, ResourceName.Delegates, prefix + "name", violations);
        if (draft.Proxy.Length > 0 || (draft.Proxies.Count == 0 && !blocked))
        {
            NameValidator.Check(draft.Proxy, ResourceName.Proxies, prefix + "proxy", violations);
        }

        CheckProxies(draft.Proxies, prefix + "proxies", violations);
        FailoverSpec? failover = draft.Failover is null ? null
            : FailoverValidator.Validate(draft.Failover, $"{prefix}failover.", naming, violations);
        return violations.Items.Count > before ? null : new DelegateSpec(draft.Name, draft.Proxy, draft.Proxies, failover);
    }

    private static void CheckProxies(IReadOnlyList<string> proxies, string field, ViolationList violations)
    {
        if (proxies.Count > MostProxies)
        {
            violations.Add(field, $"{proxies.Count} names", "are too many", $"write at most {MostProxies}", "OUT_OF_RANGE");
        }

        HashSet<string> seen = new(StringComparer.Ordinal);
        for (int i = 0; i < proxies.Count; i++)
        {
            if (NameValidator.Check(proxies[i], ResourceName.Proxies, $"{field}[{i}]", violations) && !seen.Add(proxies[i]))
            {
                violations.Add($"{field}[{i}]", proxies[i], "is there twice", "leave one of the two out", "DUPLICATE");
            }
        }
    }
}
