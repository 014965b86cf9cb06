using NetControl.Engine.Sessions;
using NetControl.Network;

namespace NetControl.Engine.Policies;

/// <summary>A policy as loops use it: rules in order, the first that matches decides.</summary>
/// <remarks>Immutable; a change of the policy is another model. Judging allocates nothing.</remarks>
public sealed class PolicyModel
{
    private readonly PolicyRuleModel[] _rules;

    /// <summary>Makes a model.</summary>
    /// <param name="rules">The rules in order.</param>
    /// <param name="otherwise">What decides when none matches; its action is no route.</param>
    public PolicyModel(IEnumerable<PolicyRuleModel> rules, PolicyRuleModel otherwise)
    {
        _rules = [.. rules];
        Otherwise = otherwise;
    }

    /// <summary>The rules in order.</summary>
    public IReadOnlyList<PolicyRuleModel> Rules => _rules;

    /// <summary>What decides when none matches.</summary>
    public PolicyRuleModel Otherwise { get; }

    /// <summary>The rule that decides.</summary>
    public PolicyRuleModel Judge(SessionProtocol protocol, in AddrPort source, in AddrPort destination)
    {
        foreach (PolicyRuleModel rule in _rules)
        {
            if (rule.Match(protocol, source, destination) == PolicyMismatch.None)
            {
                return rule;
            }
        }

        return Otherwise;
    }
}
