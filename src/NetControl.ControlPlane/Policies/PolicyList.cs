using NetControl.ControlPlane.Lists;
using NetControl.ControlPlane.Lists.Fields;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.State;
using Item = NetControl.ControlPlane.Lists.ListItem<NetControl.ControlPlane.State.PolicyRecord, NetControl.ControlPlane.Policies.PolicyView>;

namespace NetControl.ControlPlane.Policies;

/// <summary>What policies are listed by.</summary>
internal static class PolicyList
{
    private const string ActionPrefix = "POLICY_ACTION_";
    private static readonly string[] s_actions = ["ALLOW", "DENY", "DROP", "ROUTE"];

    public static readonly ResourceSchema<PolicyRecord, PolicyView> Schema = new(
        ResourceName.Policies,
        new WordField<Item>("default_action", ActionPrefix, s_actions, (in Item item) => (int)item.Record.Spec.DefaultAction),
        new NumberField<Item>("default_hits", (in Item item) => item.View.Hits[^1]),
        new TextListField<Item>("rules.id", (in Item item) => item.Record.Spec.Rules.Select(rule => rule.Id)),
        new WordListField<Item>("rules.action", ActionPrefix, s_actions, (in Item item) => item.Record.Spec.Rules.Select(rule => (int)rule.Action)),
        new TextListField<Item>("rules.target", (in Item item) => item.Record.Targets),
        new TextListField<Item>("uses", (in Item item) => item.Record.References),
        new TextListField<Item>("used_by", (in Item item) => item.View.UsedBy));
}
