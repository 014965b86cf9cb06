using NetControl.ControlPlane.Conditions;
using NetControl.ControlPlane.Lists;
using NetControl.ControlPlane.Lists.Fields;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.State;
using Item = NetControl.ControlPlane.Lists.ListItem<NetControl.ControlPlane.State.DelegateRecord, NetControl.ControlPlane.Delegates.DelegateView>;

namespace NetControl.ControlPlane.Delegates;

/// <summary>What delegates are listed by.</summary>
internal static class DelegateList
{
    public static readonly ResourceSchema<DelegateRecord, DelegateView> Schema = new(
        ResourceName.Delegates,
        new NameField<Item>("proxy", (in Item item) => item.Record.Proxy),
        new TextListField<Item>("proxies", (in Item item) => item.Record.Proxies),
        new TextListField<Item>("uses", (in Item item) => item.Record.References),
        new TextListField<Item>("used_by", (in Item item) => item.View.UsedBy),
        new WordField<Item>("state", "STATE_", ["READY", "BLOCKED", "DRAINING"],
            (in Item item) => item.Record.Proxy.Length == 0 ? 1 : item.View.Draining ? 2 : 0),
        new WordField<Item>("failover.mode", "MODE_", ["FIRST_HEALTHY", "FIXED", "LOWEST_LATENCY"], (in Item item) => (int)item.Record.Judging.Mode),
        new WordListField<Item>("health.state", "STATE_", ["UNKNOWN", "HEALTHY", "UNHEALTHY"],
            (in Item item) => item.View.Health.Select(health => (int)health.Condition)),
        new TimeField<Item>("last_failover.time", (in Item item) => item.Record.LastFailover?.Time.UtcTicks),
        new ConditionField<Item>(ConditionRules.DelegateTypes, (in Item item) => item.View.Conditions));
}
