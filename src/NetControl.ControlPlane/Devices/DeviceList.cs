using NetControl.ControlPlane.Conditions;
using NetControl.ControlPlane.Lists;
using NetControl.ControlPlane.Lists.Fields;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.State;
using Item = NetControl.ControlPlane.Lists.ListItem<NetControl.ControlPlane.State.DeviceRecord, NetControl.ControlPlane.Devices.DeviceView>;

namespace NetControl.ControlPlane.Devices;

/// <summary>What devices are listed by.</summary>
internal static class DeviceList
{
    public static readonly ResourceSchema<DeviceRecord, DeviceView> Schema = new(
        ResourceName.Devices,
        new WordField<Item>("state", "STATE_", ["STARTING", "READY", "BLOCKED", "CLOSING", "DRAINING", "FAILED"], (in Item item) => item.View.Phase switch
        {
            DevicePhase.Starting => 0,
            DevicePhase.Ready => 1,
            DevicePhase.Blocked => 2,
            DevicePhase.Closing => 3,
            DevicePhase.Draining => 4,
            _ => 5,
        }),
        new TextField<Item>("interface", (in Item item) => item.Record.Spec.Interface, sorts: true),
        new NumberField<Item>("mtu", (in Item item) => item.Record.Spec.Mtu),
        new PrefixListField<Item>("addresses", (in Item item) => item.Record.Spec.Addresses),
        new PrefixListField<Item>("routes", (in Item item) => item.Record.Spec.Routes),
        new PrefixListField<Item>("excluded_routes", (in Item item) => item.Record.Spec.ExcludedRoutes),
        new NameField<Item>("stream_dialer", (in Item item) => item.Record.Spec.StreamDialer),
        new NameField<Item>("packet_proxy", (in Item item) => item.Record.Spec.PacketProxy),
        new NameField<Item>("policy", (in Item item) => item.Record.Spec.Policy),
        new TextListField<Item>("uses", (in Item item) => item.Record.References),
        new WordField<Item>("accept", "ACCEPT_MODE_", ["AFTER_CONNECT", "IMMEDIATE"], (in Item item) => item.Record.Spec.AcceptImmediately ? 1 : 0),
        new WordField<Item>("udp_filtering", "UDP_FILTERING_", ["ENDPOINT_INDEPENDENT", "ADDRESS_DEPENDENT"],
            (in Item item) => (int)item.Record.Spec.UdpFiltering),
        new WordField<Item>("congestion_control", "CONGESTION_CONTROL_", ["CUBIC", "NEW_RENO"], (in Item item) => (int)item.Record.Spec.CongestionControl),
        new FlagField<Item>("disable_offload", (in Item item) => item.Record.Spec.DisableOffload),
        new FlagField<Item>("kill_switch", (in Item item) => item.Record.Spec.KillSwitch),
        new TextField<Item>("descriptor_socket", (in Item item) => item.Record.Spec.DescriptorSocket),
        new TextField<Item>("status.interface", (in Item item) => item.View.Status?.InterfaceName ?? ""),
        new FlagField<Item>("status.adopted", (in Item item) => item.View.Status?.Adopted),
        new TextListField<Item>("status.offloads", (in Item item) => item.View.Status?.Offloads ?? []),
        new ConditionField<Item>(ConditionRules.DeviceTypes, (in Item item) => item.View.Conditions));
}
