using NetControl.ControlPlane.Specs;
using NetControl.Transport.Chains;

namespace NetControl.ControlPlane.Validation;

/// <summary>Turns a proxy draft into a spec, or says everything that is wrong with it.</summary>
internal static class ProxyValidator
{
    /// <summary>The seed's write-idle timeout.</summary>
    public static readonly TimeSpan DefaultUdpIdleTimeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(24);

    /// <summary>Checks a draft. Fields are named with the prefix, e.g. <c>proxies[0].</c>.</summary>
    public static ProxySpec? Validate(ProxyDraft draft, string prefix, FieldNaming naming, ViolationList violations)
    {
        int before = violations.Items.Count;
        NameValidator.Check(draft.Name, ResourceName.Proxies, prefix + "name", violations);
        Chain? chain = ValidateConfig(draft.Config, prefix, violations);
        TimeSpan idle = draft.UdpIdleTimeout ?? DefaultUdpIdleTimeout;
        if (idle < s_shortest || idle > s_longest)
        {
            violations.AddOutOfRange(prefix + naming.UdpIdleTimeout, idle, "write 1s to 86400s, e.g. 30s");
        }

        return chain is null || violations.Items.Count > before ? null : new ProxySpec(draft.Name, chain, idle);
    }

    /// <summary>Checks what a chain needs of this machine: a wish is refused for it, what was wished before is not.</summary>
    public static void CheckMachine(ProxySpec? spec, string prefix, ViolationList violations)
    {
        if (spec?.Chain.FindFault() is { } fault)
        {
            violations.AddText(prefix + "config", fault, "INVALID_PROXY_CONFIG");
        }
    }

    private static Chain? ValidateConfig(string config, string prefix, ViolationList violations)
    {
        if (HopRegistry.Standard.TryParse(config, out Chain? chain, out ChainError? error))
        {
            return chain;
        }

        // The text may hold a password: the violation says where, and quotes only what the parser vouched for.
        violations.AddText(prefix + "config", error.ToString(), "INVALID_PROXY_CONFIG");
        return null;
    }
}
