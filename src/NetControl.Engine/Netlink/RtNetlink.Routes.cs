using NetControl.Engine.Interop.Linux;
using NetControl.Network;

namespace NetControl.Engine.Netlink;

/// <content>Routes.</content>
internal sealed partial class RtNetlink
{
    /// <summary>The routes of one family, of all tables or one, through any interface or one.</summary>
    public List<RouteInfo> ListRoutes(bool v6, uint? table = null, int? interfaceIndex = null)
    {
        NetlinkWriter request = new(Rtnl.RTM_GETROUTE, Rtnl.NLM_F_DUMP);
        byte[] header = new byte[Rtnl.RtMsgSize];
        header[0] = (byte)(v6 ? Libc.AF_INET6 : Libc.AF_INET);
        request.Append(header);

        // A kernel before 4.20 ignores the filter and tells everything, hence the second look below.
        if (table is { } wantedTable)
        {
            request.Attribute(Rtnl.RTA_TABLE, wantedTable);
        }

        if (interfaceIndex is { } wantedInterface)
        {
            request.Attribute(Rtnl.RTA_OIF, (uint)wantedInterface);
        }

        List<RouteInfo> all;
        try
        {
            all = Dump<RouteInfo>(request, Rtnl.RTM_NEWROUTE, RouteInfo.TryParse, "list the routes");
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENOENT or Errno.EAFNOSUPPORT or Errno.EOPNOTSUPP)
        {
            // No such table, or a kernel without IPv6: no routes either way.
            return [];
        }

        all.RemoveAll(route => route.Destination.Address.IsV4 == v6
            || (table is { } t && route.Table != t)
            || (interfaceIndex is { } i && route.InterfaceIndex != i));
        return all;
    }

    /// <summary>Asks which way a packet to an address would take, as <c>ip route get</c> does.</summary>
    /// <param name="destination">The address.</param>
    /// <param name="mark">The firewall mark that the packet carries, or 0.</param>
    /// <param name="user">Whose packet; null for this process' user.</param>
    /// <returns>The way, or null where the kernel has none.</returns>
    public RouteInfo? LookUp(IpAddr destination, uint mark, uint? user = null)
    {
        NetlinkWriter request = new(Rtnl.RTM_GETROUTE, 0);
        byte[] header = new byte[Rtnl.RtMsgSize];
        header[0] = (byte)(destination.IsV4 ? Libc.AF_INET : Libc.AF_INET6);
        header[1] = (byte)(destination.IsV4 ? 32 : 128);
        if (destination.IsV4)
        {
            // Without it the answer's table is the main one, whatever was found; IPv6 tells the truth, and refuses the flag.
            BitConverter.TryWriteBytes(header.AsSpan(8), Rtnl.RTM_F_LOOKUP_TABLE);
        }

        request.Append(header).Attribute(Rtnl.RTA_DST, destination);
        if (mark != 0)
        {
            request.Attribute(Rtnl.RTA_MARK, mark);
        }

        if (user is { } uid)
        {
            request.Attribute(Rtnl.RTA_UID, uid);
        }

        try
        {
            RouteInfo? route = Query<RouteInfo>(
                request, Rtnl.RTM_NEWROUTE, Errno.ENETUNREACH, RouteInfo.TryParseAny, $"look up the route to {destination}");
            return route is { Type: Rtnl.RTN_UNICAST or Rtnl.RTN_LOCAL } ? route : null;
        }
        catch (NetlinkException e) when (e.Errno is Errno.EHOSTUNREACH or Errno.EACCES or Errno.EINVAL or Errno.EAFNOSUPPORT)
        {
            return null; // an unreachable, prohibit or blackhole route, or no such family
        }
    }

    /// <summary>Adds a route, marked; one to the same destination with the same metric must not exist in the table.</summary>
    public void AddRoute(IpPrefix destination, int interfaceIndex, uint table, uint? metric = null, IpAddr? gateway = null)
    {
        byte scope = gateway is null && destination.Address.IsV4 ? Rtnl.RT_SCOPE_LINK : Rtnl.RT_SCOPE_UNIVERSE;
        const ushort Flags = Rtnl.NLM_F_ACK | Rtnl.NLM_F_CREATE | Rtnl.NLM_F_EXCL;
        NetlinkWriter request = RouteRequest(
            Rtnl.RTM_NEWROUTE, Flags, destination, interfaceIndex, table, metric, gateway, scope, Mark);
        Execute(request, $"add route {destination} to table {table}");
    }

    /// <summary>Removes a route; with a protocol only one that is marked so.</summary>
    public void DeleteRoute(IpPrefix destination, int interfaceIndex, uint table, uint? metric = null, byte protocol = 0)
    {
        NetlinkWriter request = RouteRequest(
            Rtnl.RTM_DELROUTE, Rtnl.NLM_F_ACK, destination, interfaceIndex, table, metric, null, Rtnl.RT_SCOPE_NOWHERE, protocol);
        Execute(request, $"delete route {destination} from table {table}");
    }

    /// <summary>Adds a route that refuses (<c>prohibit</c>), marked as the kill switch's.</summary>
    public void AddProhibit(IpPrefix destination, uint table) => Execute(
        ProhibitRequest(Rtnl.RTM_NEWROUTE, Rtnl.NLM_F_ACK | Rtnl.NLM_F_CREATE | Rtnl.NLM_F_EXCL, destination, table),
        $"add the kill switch's route {destination} to table {table}");

    /// <summary>Removes it.</summary>
    public void DeleteProhibit(IpPrefix destination, uint table) => Execute(
        ProhibitRequest(Rtnl.RTM_DELROUTE, Rtnl.NLM_F_ACK, destination, table),
        $"delete the kill switch's route {destination} from table {table}");

    /// <summary>Adds a route again exactly as it was listed.</summary>
    public void Replay(RouteInfo route)
    {
        NetlinkWriter request = new(Rtnl.RTM_NEWROUTE, Rtnl.NLM_F_ACK | Rtnl.NLM_F_CREATE | Rtnl.NLM_F_EXCL);
        Execute(request.Append(route.Message), $"add route {route.Destination} to table {route.Table}");
    }

    private static NetlinkWriter ProhibitRequest(ushort type, ushort flags, IpPrefix destination, uint table)
    {
        byte[] header = new byte[Rtnl.RtMsgSize];
        header[0] = (byte)(destination.Address.IsV4 ? Libc.AF_INET : Libc.AF_INET6);
        header[1] = (byte)destination.Length;
        header[4] = table < 256 ? (byte)table : (byte)0;
        header[5] = Rtnl.RTPROT_NETCONTROL_GUARD;
        header[6] = Rtnl.RT_SCOPE_UNIVERSE;
        header[7] = Rtnl.RTN_PROHIBIT;
        NetlinkWriter request = new(type, flags);
        request.Append(header);
        if (destination.Length > 0)
        {
            request.Attribute(Rtnl.RTA_DST, destination.Address);
        }

        return request.Attribute(Rtnl.RTA_TABLE, table);
    }

    private static NetlinkWriter RouteRequest(
        ushort type, ushort flags, IpPrefix destination, int interfaceIndex, uint table, uint? metric, IpAddr? gateway, byte scope,
        byte protocol)
    {
        bool adding = type == Rtnl.RTM_NEWROUTE;
        byte[] header = new byte[Rtnl.RtMsgSize];
        header[0] = (byte)(destination.Address.IsV4 ? Libc.AF_INET : Libc.AF_INET6);
        header[1] = (byte)destination.Length;
        header[4] = table < 256 ? (byte)table : (byte)0;
        header[5] = protocol;
        header[6] = scope;
        header[7] = adding ? Rtnl.RTN_UNICAST : (byte)0;
        NetlinkWriter request = new(type, flags);
        request.Append(header);
        if (destination.Length > 0)
        {
            request.Attribute(Rtnl.RTA_DST, destination.Address);
        }

        request.Attribute(Rtnl.RTA_OIF, (uint)interfaceIndex).Attribute(Rtnl.RTA_TABLE, table);
        if (gateway is { } through)
        {
            request.Attribute(Rtnl.RTA_GATEWAY, through);
        }

        if (metric is { } priority)
        {
            request.Attribute(Rtnl.RTA_PRIORITY, priority);
        }

        return request;
    }
}
