using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace NetControl.Engine.Netlink;

/// <summary>A network interface as rtnetlink describes it.</summary>
internal sealed record LinkInfo
{
    /// <summary>The interface index.</summary>
    public required int Index { get; init; }

    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>The MTU.</summary>
    public int Mtu { get; init; }

    /// <summary>The hardware type (ARPHRD_*); 65534, none, for a TUN.</summary>
    public int Type { get; init; }

    /// <summary>Whether it is administratively up.</summary>
    public bool IsUp { get; init; }

    /// <summary>Whether it has a carrier: a TUN has one while a descriptor is attached, up or down.</summary>
    public bool HasCarrier { get; init; }

    /// <summary>The driver's kind, e.g. <c>tun</c> or <c>veth</c>; empty for hardware and loopback.</summary>
    public string Kind { get; init; } = string.Empty;

    /// <summary>More about a link of kind <c>tun</c>.</summary>
    public TunLinkInfo? Tun { get; init; }

    /// <summary>Parses the payload of RTM_NEWLINK: <c>struct ifinfomsg</c> and attributes.</summary>
    public static bool TryParse(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out LinkInfo? link)
    {
        link = null;
        if (payload.Length < Rtnl.IfInfoSize)
        {
            return false;
        }

        string name = string.Empty;
        string kind = string.Empty;
        TunLinkInfo? tun = null;
        int mtu = 0;
        bool carrier = false;
        ReadOnlySpan<byte> attributes = payload[Rtnl.IfInfoSize..];
        while (NetlinkReader.TryReadAttribute(ref attributes, out ushort type, out ReadOnlySpan<byte> value))
        {
            switch (type)
            {
                case Rtnl.IFLA_IFNAME:
                    name = NetlinkReader.ReadText(value);
                    break;
                case Rtnl.IFLA_MTU:
                    mtu = (int)NetlinkReader.ReadNumber(value);
                    break;
                case Rtnl.IFLA_CARRIER:
                    carrier = NetlinkReader.ReadNumber(value) != 0;
                    break;
                case Rtnl.IFLA_LINKINFO:
                    ParseKind(value, ref kind, ref tun);
                    break;
            }
        }

        link = new LinkInfo
        {
            Index = MemoryMarshal.Read<int>(payload[4..]),
            Type = MemoryMarshal.Read<ushort>(payload[2..]),
            IsUp = (MemoryMarshal.Read<uint>(payload[8..]) & Rtnl.IFF_UP) != 0,
            HasCarrier = carrier,
            Name = name,
            Mtu = mtu,
            Kind = kind,
            Tun = kind == "tun" ? tun ?? default(TunLinkInfo) : null,
        };
        return name.Length > 0;
    }

    private static void ParseKind(ReadOnlySpan<byte> attributes, ref string kind, ref TunLinkInfo? tun)
    {
        while (NetlinkReader.TryReadAttribute(ref attributes, out ushort type, out ReadOnlySpan<byte> value))
        {
            if (type == Rtnl.IFLA_INFO_KIND)
            {
                kind = NetlinkReader.ReadText(value);
            }
            else if (type == Rtnl.IFLA_INFO_DATA && kind == "tun")
            {
                tun = TunLinkInfo.Parse(value);
            }
        }
    }
}
