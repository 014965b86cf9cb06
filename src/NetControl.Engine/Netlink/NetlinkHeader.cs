namespace NetControl.Engine.Netlink;

/// <summary>What matters of <c>struct nlmsghdr</c> (linux/netlink.h).</summary>
internal readonly record struct NetlinkHeader(ushort Type, ushort Flags, uint Sequence);
