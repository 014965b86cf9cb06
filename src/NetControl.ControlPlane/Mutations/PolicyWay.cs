using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.State;
using NetControl.Engine;
using NetControl.Engine.Policies;

namespace NetControl.ControlPlane.Mutations;

/// <summary>The living side of a policy: its model, and the counters of its rules, which outlive changes.</summary>
/// <remarks>Guarded by the gate of <see cref="Runtimes"/>.</remarks>
internal sealed class PolicyWay
{
    private readonly Dictionary<string, PolicyHits> _hits = new(StringComparer.Ordinal);

    public PolicyModel? Model { get; private set; }

    /// <summary>Compiles the policy, once its targets are there.</summary>
    public void Compile(PolicyRecord record, Func<string, Egress?> resolve)
    {
        PolicySpec spec = record.Spec;
        Model = new PolicyModel(
            spec.Rules.Select(rule => new PolicyRuleModel(
                record.Name, rule.Id, record.Generation, rule.Action, rule.Action == PolicyAction.Route ? resolve(rule.Target) : null, rule.Protocol,
                rule.Sources, rule.Destinations, rule.Ports, Hits(rule.Id))),
            new PolicyRuleModel(record.Name, "", record.Generation, spec.DefaultAction, null, null, [], [], [], Hits("")));
        foreach (string gone in _hits.Keys.Except(spec.Rules.Select(rule => rule.Id).Append(""), StringComparer.Ordinal).ToArray())
        {
            _hits.Remove(gone);
        }
    }

    /// <summary>How often a rule decided, by its id; the empty one is what holds when none matches.</summary>
    public long HitCount(string id) => _hits.TryGetValue(id, out PolicyHits? hits) ? hits.Count : 0;

    private PolicyHits Hits(string id)
    {
        if (!_hits.TryGetValue(id, out PolicyHits? hits))
        {
            _hits.Add(id, hits = new PolicyHits());
        }

        return hits;
    }
}
