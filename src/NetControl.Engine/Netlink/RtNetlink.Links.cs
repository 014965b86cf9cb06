using NetControl.Engine.Interop.Linux;

namespace NetControl.Engine.Netlink;

/// <content>Interfaces.</content>
internal sealed partial class RtNetlink
{
    /// <summary>The interface of that name, or null.</summary>
    public LinkInfo? GetLink(string name)
    {
        NetlinkWriter request = new(Rtnl.RTM_GETLINK, 0);
        request.Append(LinkHeader(0, 0, 0)).Attribute(Rtnl.IFLA_IFNAME, name);
        return Query<LinkInfo>(request, Rtnl.RTM_NEWLINK, Errno.ENODEV, LinkInfo.TryParse, $"look up interface {name}");
    }

    /// <summary>All interfaces of the namespace.</summary>
    public List<LinkInfo> ListLinks()
    {
        NetlinkWriter request = new(Rtnl.RTM_GETLINK, Rtnl.NLM_F_DUMP);
        request.Append(LinkHeader(0, 0, 0));
        return Dump<LinkInfo>(request, Rtnl.RTM_NEWLINK, LinkInfo.TryParse, "list the interfaces");
    }

    /// <summary>Sets an interface administratively up.</summary>
    public void SetLinkUp(int index) => SetLinkState(index, Rtnl.IFF_UP, "set up");

    /// <summary>Sets an interface administratively down; its routes and most IPv6 addresses go.</summary>
    public void SetLinkDown(int index) => SetLinkState(index, 0, "set down");

    /// <summary>Changes the MTU.</summary>
    public void SetMtu(int index, int mtu)
    {
        NetlinkWriter request = new(Rtnl.RTM_NEWLINK, Rtnl.NLM_F_ACK);
        request.Append(LinkHeader(index, 0, 0)).Attribute(Rtnl.IFLA_MTU, (uint)mtu);
        Execute(request, $"set the MTU of interface {index} to {mtu}");
    }

    /// <summary>Removes a virtual interface.</summary>
    public void DeleteLink(int index)
    {
        NetlinkWriter request = new(Rtnl.RTM_DELLINK, Rtnl.NLM_F_ACK);
        Execute(request.Append(LinkHeader(index, 0, 0)), $"delete interface {index}");
    }

    private static byte[] LinkHeader(int index, uint flags, uint change)
    {
        byte[] header = new byte[Rtnl.IfInfoSize];
        BitConverter.TryWriteBytes(header.AsSpan(4), index);
        BitConverter.TryWriteBytes(header.AsSpan(8), flags);
        BitConverter.TryWriteBytes(header.AsSpan(12), change);
        return header;
    }

    private void SetLinkState(int index, uint flags, string verb)
    {
        NetlinkWriter request = new(Rtnl.RTM_NEWLINK, Rtnl.NLM_F_ACK);
        Execute(request.Append(LinkHeader(index, flags, Rtnl.IFF_UP)), $"{verb} interface {index}");
    }
}
