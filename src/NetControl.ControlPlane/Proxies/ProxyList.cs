using NetControl.ControlPlane.Conditions;
using NetControl.ControlPlane.Lists;
using NetControl.ControlPlane.Lists.Fields;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.State;
using Item = NetControl.ControlPlane.Lists.ListItem<NetControl.ControlPlane.State.ProxyRecord, NetControl.ControlPlane.Proxies.ProxyView>;

namespace NetControl.ControlPlane.Proxies;

/// <summary>What proxies are listed by. The chain's text is looked at as reads show it: a filter finds no secret.</summary>
internal static class ProxyList
{
    public static readonly ResourceSchema<ProxyRecord, ProxyView> Schema = new(
        ResourceName.Proxies,
        new TextField<Item>("config", (in Item item) => item.Record.Spec.Chain.Redacted),
        new TextListField<Item>("hops", (in Item item) => item.Record.Spec.Chain.Hops.Select(hop => hop.Type)),
        new DurationField<Item>("udp_idle_timeout", (in Item item) => item.Record.Spec.UdpIdleTimeout.Ticks),
        new TextListField<Item>("used_by", (in Item item) => item.View.UsedBy),
        new WordField<Item>("state", "STATE_", ["IDLE", "IN_USE"], (in Item item) => item.View.UsedBy.Count > 0 ? 1 : 0),
        new TextField<Item>("no_packets_reason", (in Item item) => item.View.NoPacketsReason ?? ""),
        new ConditionField<Item>(ConditionRules.ProxyTypes, (in Item item) => item.View.Conditions));
}
