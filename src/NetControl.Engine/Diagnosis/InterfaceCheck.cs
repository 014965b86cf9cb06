using NetControl.Engine.Devices;
using NetControl.Engine.Netlink;
using NetControl.Network;

namespace NetControl.Engine.Diagnosis;

/// <summary>Looks at a device's interface: its state, MTU, addresses, and whether IPv6 is allowed on it.</summary>
internal static class InterfaceCheck
{
    /// <summary>Notes what is wrong.</summary>
    /// <returns>The interface, or null where there is none or it is down: its routes need not be looked at.</returns>
    public static LinkInfo? Run(DiagnosisNotes notes, DeviceSpec spec, DeviceStatus status)
    {
        string name = status.InterfaceName;
        LinkInfo? link = notes.Links.Find(candidate => candidate.Name == name);
        if (notes.Check(link is null))
        {
            notes.Add(
                FindingSeverity.Error, FindingCode.InterfaceMissing, name, $"interface {name} is gone: somebody removed or renamed it",
                $"netctl devices delete {spec.Name} && netctl devices create {spec.Name} ...", spec.Name);
            return null;
        }

        if (notes.Check(link!.Mtu != status.Mtu))
        {
            notes.Add(
                FindingSeverity.Error, FindingCode.MtuMismatch, name,
                $"interface {name} has an MTU of {link.Mtu}, and the device works with {status.Mtu}: larger packets are lost one way or the other",
                $"ip link set dev {name} mtu {status.Mtu}", spec.Name);
        }

        if (notes.Check(!link.IsUp))
        {
            notes.Add(
                FindingSeverity.Error, FindingCode.InterfaceDown, name,
                $"interface {name} is down, and its routes are gone: nothing reaches the device",
                $"ip link set dev {name} up   # then make the device anew, for its routes", spec.Name);
            return null;
        }

        CheckIpv6(notes, spec, name);
        HashSet<IpPrefix> present = [.. notes.Addresses(link.Index).Select(address => address.Prefix)];
        foreach (IpPrefix address in spec.Addresses)
        {
            if (notes.Check(!present.Contains(address)))
            {
                notes.Add(
                    FindingSeverity.Error, FindingCode.AddressMissing, $"{address}", $"interface {name} lacks its address {address}",
                    $"ip addr add {address} dev {name}", spec.Name);
            }
        }

        return link;
    }

    private static void CheckIpv6(DiagnosisNotes notes, DeviceSpec spec, string name)
    {
        if (!spec.Addresses.Concat(spec.Routes).Any(prefix => !prefix.Address.IsV4))
        {
            return;
        }

        if (notes.Check(DiagnosisNotes.ReadSetting($"net/ipv6/conf/{name}/disable_ipv6") == 1))
        {
            notes.Add(
                FindingSeverity.Error, FindingCode.Ipv6Disabled, name,
                $"IPv6 is switched off on interface {name}, and the device declares IPv6 addresses or routes",
                $"sysctl -w net.ipv6.conf.{name}.disable_ipv6=0   # then make the device anew, for its addresses and routes", spec.Name);
        }
    }
}
