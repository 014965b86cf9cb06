using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using NetControl.Engine.Interop.Linux;
using NetControl.Network;

namespace NetControl.Engine.Netlink;

/// <summary>A route as rtnetlink describes it.</summary>
internal sealed record RouteInfo
{
    /// <summary>The destination.</summary>
    public required IpPrefix Destination { get; init; }

    /// <summary>The table.</summary>
    public uint Table { get; init; }

    /// <summary>The outgoing interface, or 0 for a route with several next hops or none.</summary>
    public int InterfaceIndex { get; init; }

    /// <summary>The gateway, if there is one.</summary>
    public IpAddr? Gateway { get; init; }

    /// <summary>The metric; 0 for none.</summary>
    public uint Metric { get; init; }

    /// <summary>The kind (RTN_*): unicast, local, broadcast, blackhole.</summary>
    public byte Type { get; init; }

    /// <summary>Who made it (RTPROT_*).</summary>
    public byte Protocol { get; init; }

    /// <summary>The whole payload, for <see cref="RtNetlink.Replay(RouteInfo)"/>.</summary>
    public byte[] Message { get; init; } = [];

    /// <summary>Parses the payload of RTM_NEWROUTE: <c>struct rtmsg</c> and attributes. Cache entries are refused.</summary>
    public static bool TryParse(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out RouteInfo? route) =>
        TryParseAny(payload, out route) && (MemoryMarshal.Read<uint>(payload[8..]) & Rtnl.RTM_F_CLONED) == 0;

    /// <summary>The same for the answer to a look-up, which the kernel marks as a cache entry.</summary>
    public static bool TryParseAny(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out RouteInfo? route)
    {
        route = null;
        if (payload.Length < Rtnl.RtMsgSize || payload[0] is not (Libc.AF_INET or Libc.AF_INET6))
        {
            return false;
        }

        bool v4 = payload[0] == Libc.AF_INET;
        int width = v4 ? 4 : 16;
        int length = payload[1];
        if (length > width * 8)
        {
            return false;
        }

        IpAddr destination = v4 ? IpAddr.AnyV4 : IpAddr.AnyV6;
        IpAddr? gateway = null;
        uint table = payload[4];
        uint metric = 0;
        int oif = 0;
        ReadOnlySpan<byte> attributes = payload[Rtnl.RtMsgSize..];
        while (NetlinkReader.TryReadAttribute(ref attributes, out ushort type, out ReadOnlySpan<byte> value))
        {
            switch (type)
            {
                case Rtnl.RTA_DST when value.Length == width && NetlinkReader.TryReadAddress(value, out IpAddr read):
                    destination = read;
                    break;
                case Rtnl.RTA_GATEWAY when value.Length == width && NetlinkReader.TryReadAddress(value, out IpAddr read):
                    gateway = read;
                    break;
                case Rtnl.RTA_OIF:
                    oif = (int)NetlinkReader.ReadNumber(value);
                    break;
                case Rtnl.RTA_PRIORITY:
                    metric = NetlinkReader.ReadNumber(value);
                    break;
                case Rtnl.RTA_TABLE:
                    table = NetlinkReader.ReadNumber(value);
                    break;
            }
        }

        route = new RouteInfo
        {
            Destination = new IpPrefix(destination, length),
            Gateway = gateway,
            Table = table,
            Metric = metric,
            InterfaceIndex = oif,
            Type = payload[7],
            Protocol = payload[5],
            Message = payload.ToArray(),
        };
        return true;
    }
}
