using NetControl.Engine.Devices;
using NetControl.Engine.Netlink;
using NetControl.Network;

namespace NetControl.Engine.Diagnosis;

/// <summary>Looks at a device's routes: whether they are there, whether the kernel follows them, and whether our own traffic does not.</summary>
internal static class RouteCheck
{
    private static readonly IpAddr[] s_farAway =
    [
        IpAddr.Parse("1.1.1.1"), IpAddr.Parse("8.8.8.8"), IpAddr.Parse("93.184.216.34"), IpAddr.Parse("203.0.113.1"),
        IpAddr.Parse("2606:4700:4700::1111"), IpAddr.Parse("2001:4860:4860::8888"), IpAddr.Parse("2001:db8::1"),
    ];

    /// <summary>Notes what is wrong.</summary>
    public static void Run(DiagnosisNotes notes, DeviceSpec spec, LinkInfo link, bool directInUse)
    {
        foreach (bool v6 in (bool[])[false, true])
        {
            IpPrefix[] wanted = [.. spec.Routes.Where(route => route.Address.IsV4 != v6).Select(route => route.Network()).Distinct()];
            if (wanted.Length > 0)
            {
                CheckFamily(notes, spec, link, directInUse, v6, wanted);
            }
        }

        CheckBypass(notes, spec);
    }

    /// <summary>An address that a route is about: in it, in no narrower one, not left out, and nobody's own.</summary>
    internal static IpAddr? Sample(DiagnosisNotes notes, IpPrefix route)
    {
        IEnumerable<IpPrefix> narrower = notes.Devices.SelectMany(device => device.Spec.Routes)
            .Where(other => other.Length > route.Length)
            .Concat(notes.Devices.SelectMany(device => ExcludedRanges.Of(device.Spec)))
            .Concat(notes.Devices.SelectMany(device => device.Spec.Addresses).Select(own => new IpPrefix(own.Address, own.Address.IsV4 ? 32 : 128)));

        // A default route of ours gives way to whatever else the main table knows.
        IEnumerable<IpPrefix> known = route.Length > 0 ? narrower : narrower.Concat(
            notes.Routes(!route.Address.IsV4, Rtnl.RT_TABLE_MAIN).Select(other => other.Destination).Where(other => other.Length > 0));
        IpPrefix[] avoid = [.. known];
        return Candidates(route).Where(route.Contains).Where(candidate => !Array.Exists(avoid, prefix => prefix.Contains(candidate)))
            .Select(candidate => (IpAddr?)candidate).FirstOrDefault();
    }

    private static IEnumerable<IpAddr> Candidates(IpPrefix route)
    {
        if (route.Length == 0)
        {
            return s_farAway.Where(address => address.IsV4 == route.Address.IsV4);
        }

        IpAddr first = route.Network().Address;
        return Enumerable.Range(0, 40).Select(i => (ulong)((i * 37) + 1)).Append(0UL).Select(offset => Add(first, offset));
    }

    private static IpAddr Add(IpAddr address, ulong offset)
    {
        if (address.IsV4)
        {
            return IpAddr.FromV4(address.V4 + (uint)offset);
        }

        Span<byte> bytes = stackalloc byte[16];
        address.WriteV6(bytes);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], address.Low + offset);
        return IpAddr.ReadV6(bytes);
    }

    private static void CheckFamily(DiagnosisNotes notes, DeviceSpec spec, LinkInfo link, bool directInUse, bool v6, IpPrefix[] wanted)
    {
        List<RouteInfo> present = notes.Routes(v6, through: link.Index);
        List<IpPrefix> followed = [];
        bool specific = false;
        bool everything = false;
        foreach (IpPrefix route in wanted)
        {
            uint table = route.Length == 0 ? notes.Options.RoutingTable + 1 : notes.Options.RoutingTable;
            RouteInfo[] same = [.. present.Where(r => r.Destination == route && r.Type == Rtnl.RTN_UNICAST)];
            if (notes.Check(same.Length == 0))
            {
                notes.Add(
                    FindingSeverity.Error, FindingCode.RouteMissing, $"{route}", $"the route to {route} through {link.Name} is gone",
                    $"ip {Family(v6)} route add {route} dev {link.Name} table {table}", spec.Name);
                continue;
            }

            bool ours = Array.Exists(same, r => r.Table == table);
            specific |= ours && route.Length > 0;
            everything |= ours && route.Length == 0;
            followed.Add(route);
        }

        bool complete = CheckRules(notes, spec, v6, specific, everything);
        foreach (IpPrefix route in followed)
        {
            if (Sample(notes, route) is { } sample)
            {
                CheckWays(notes, spec, link, directInUse, route, sample, complete);
            }
        }
    }

    private static bool CheckRules(DiagnosisNotes notes, DeviceSpec spec, bool v6, bool specific, bool everything)
    {
        bool complete = true;
        foreach (RuleInfo rule in PolicyRules.Needed(notes.Options, v6, specific, everything, ExcludedRanges.Of(spec)))
        {
            if (notes.Check(!notes.Rules(v6).Contains(rule)))
            {
                complete = false;
                notes.Add(
                    FindingSeverity.Error, FindingCode.RuleMissing, $"{rule}",
                    "a policy rule that leads unmarked packets into the device, and ours past it, is gone",
                    RuleCheck.Command("add", rule), spec.Name);
            }
        }

        return complete;
    }

    private static void CheckWays(
        DiagnosisNotes notes, DeviceSpec spec, LinkInfo link, bool directInUse, IpPrefix route, IpAddr sample, bool complete)
    {
        RouteInfo? unmarked = notes.LookUpOthers(sample);
        if (notes.Check(complete && unmarked?.InterfaceIndex != link.Index))
        {
            notes.Add(
                FindingSeverity.Error, FindingCode.RouteShadowed, $"{route}",
                $"a packet to {sample} goes {notes.Describe(unmarked)}, not into {link.Name}: a rule before ours, or a narrower route, takes it",
                $"ip {Family(!sample.IsV4)} rule   # remove what comes before priority {notes.Options.RulePriority} and leads to "
                + $"{(unmarked is null ? "an unreachable route" : $"table {unmarked.Table}")}",
                spec.Name);
        }

        RouteInfo? marked = notes.LookUpOurs(sample);
        if (notes.Check(marked is not null && notes.DeviceIndexes.Contains(marked.InterfaceIndex)))
        {
            AddLoop(notes, spec, route, sample, marked!);
        }
        else if (directInUse)
        {
            ReversePathCheck.Run(notes, sample, $"answers from {sample} (a direct way out)", spec.Name);
        }
    }

    private static void AddLoop(DiagnosisNotes notes, DeviceSpec spec, IpPrefix route, IpAddr sample, RouteInfo marked)
    {
        if (notes.Mark == 0)
        {
            notes.Add(
                FindingSeverity.Warning, FindingCode.UpstreamLoop, $"{route}",
                $"upstream sockets carry no mark, so what they send to {sample} comes back into a device; a proxy outside of the routes works, a "
                + "direct way out does not",
                $"setcap cap_net_admin+ep {Environment.ProcessPath ?? "netcontrold"}", spec.Name);
            return;
        }

        notes.Add(
            FindingSeverity.Error, FindingCode.UpstreamLoop, $"{route}",
            $"what our own upstream sockets (mark 0x{notes.Mark:x}) send to {sample} goes {notes.Describe(marked)}, and so comes back into a device",
            $"ip {Family(!sample.IsV4)} rule add priority {notes.Options.RulePriority - 1} fwmark 0x{notes.Mark:x} lookup main", spec.Name);
    }

    private static void CheckBypass(DiagnosisNotes notes, DeviceSpec spec)
    {
        bool v4 = spec.Routes.Any(route => route.Length == 0 && route.Address.IsV4);
        bool v6 = spec.Routes.Any(route => route.Length == 0 && !route.Address.IsV4);
        if (!v4 || v6)
        {
            return;
        }

        RouteInfo? way = notes.LookUpOthers(IpAddr.Parse("2001:4860:4860::8888"));
        if (notes.Check(way is { Type: Rtnl.RTN_UNICAST } && !notes.DeviceIndexes.Contains(way.InterfaceIndex)))
        {
            notes.Add(
                FindingSeverity.Warning, FindingCode.Ipv6Bypass, "::/0",
                $"all of IPv4 goes into the device, and IPv6 goes {notes.Describe(way)}: applications that prefer IPv6 pass by the device",
                "declare the route ::/0 (and an IPv6 address) on the device, or: ip -6 route replace unreachable default metric 1", spec.Name);
        }
    }

    private static string Family(bool v6) => v6 ? "-6" : "-4";
}
