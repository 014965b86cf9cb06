namespace NetControl.Engine.Netlink;

/// <summary>What the kernel tells about a link of kind <c>tun</c> (IFLA_TUN_*, linux/if_link.h).</summary>
internal readonly record struct TunLinkInfo
{
    /// <summary>Whether it carries IP packets; a TAP carries Ethernet frames.</summary>
    public bool IsTun { get; init; }

    /// <summary>Whether packets are preceded by a protocol header (no IFF_NO_PI).</summary>
    public bool PacketInfo { get; init; }

    /// <summary>Whether packets are preceded by a vnet header.</summary>
    public bool VnetHeader { get; init; }

    /// <summary>Whether it outlives its descriptors.</summary>
    public bool Persistent { get; init; }

    /// <summary>Whether several descriptors can attach.</summary>
    public bool MultiQueue { get; init; }

    /// <summary>The attached descriptors, all processes' together.</summary>
    public int Queues { get; init; }

    /// <summary>The user who may attach without CAP_NET_ADMIN, if one is set.</summary>
    public uint? Owner { get; init; }

    /// <summary>Parses the nested attributes of IFLA_INFO_DATA.</summary>
    public static TunLinkInfo Parse(ReadOnlySpan<byte> attributes)
    {
        TunLinkInfo info = default;
        while (NetlinkReader.TryReadAttribute(ref attributes, out ushort type, out ReadOnlySpan<byte> value))
        {
            uint number = NetlinkReader.ReadNumber(value);
            info = type switch
            {
                Rtnl.IFLA_TUN_OWNER => info with { Owner = number },
                Rtnl.IFLA_TUN_TYPE => info with { IsTun = number == 1 },
                Rtnl.IFLA_TUN_PI => info with { PacketInfo = number != 0 },
                Rtnl.IFLA_TUN_VNET_HDR => info with { VnetHeader = number != 0 },
                Rtnl.IFLA_TUN_PERSIST => info with { Persistent = number != 0 },
                Rtnl.IFLA_TUN_MULTI_QUEUE => info with { MultiQueue = number != 0 },
                Rtnl.IFLA_TUN_NUM_QUEUES or Rtnl.IFLA_TUN_NUM_DISABLED_QUEUES => info with { Queues = (int)(info.Queues + number) },
                _ => info,
            };
        }

        return info;
    }
}
