using NetControl.Engine.Netlink;
using NetControl.Network;

namespace NetControl.Engine.Diagnosis;

/// <summary>Looks at the way to each proxy: there has to be one, and it must not lead into a device.</summary>
internal static class UpstreamCheck
{
    /// <summary>Notes what is wrong.</summary>
    public static void Run(DiagnosisNotes notes, UpstreamHost host)
    {
        if (notes.Check(host.Addresses.Count == 0))
        {
            notes.Add(
                FindingSeverity.Warning, FindingCode.ProxyNotResolved, host.Proxy, $"the name {host.Host} of {host.Proxy} has no address",
                $"getent hosts {host.Host}   # and /etc/resolv.conf, or write an address");
        }

        foreach (IpAddr address in host.Addresses)
        {
            RouteInfo? way = notes.LookUpOurs(address);
            if (notes.Check(way is null))
            {
                // Of several addresses of one name, one way is enough.
                if (!host.Addresses.Any(other => notes.LookUpOurs(other) is not null))
                {
                    notes.Add(
                        FindingSeverity.Error, FindingCode.ProxyUnroutable, host.Proxy,
                        $"there is no route to {host.Host} ({address}) of {host.Proxy} for packets with the mark 0x{notes.Mark:x}",
                        $"ip route get {address} mark 0x{notes.Mark:x}   # then add a route to it");
                    return;
                }
            }
            else if (notes.Check(notes.DeviceIndexes.Contains(way!.InterfaceIndex)))
            {
                notes.Add(
                    FindingSeverity.Error, FindingCode.ProxyLoop, host.Proxy,
                    $"what goes to {host.Host} ({address}) of {host.Proxy} goes {notes.Describe(way)}, and so comes back into a device",
                    notes.Mark == 0
                        ? $"setcap cap_net_admin+ep {Environment.ProcessPath ?? "netcontrold"}   # or take {address} out of the device's routes"
                        : $"ip {(address.IsV4 ? "-4" : "-6")} rule add priority {notes.Options.RulePriority - 1} fwmark 0x{notes.Mark:x} lookup main");
            }
            else
            {
                ReversePathCheck.Run(notes, address, $"answers of {host.Proxy} ({address})", "");
            }
        }
    }
}
