using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using NetControl.Engine.Interop.Linux;
using NetControl.Network;

namespace NetControl.Engine.Netlink;

/// <summary>A policy routing rule that leads to a table: what <c>ip rule</c> shows in one line.</summary>
internal sealed record RuleInfo
{
    /// <summary>Whether it is an IPv6 rule.</summary>
    public bool IsV6 { get; init; }

    /// <summary>The order: lower comes first.</summary>
    public uint Priority { get; init; }

    /// <summary>The firewall mark that packets must carry, or, with <see cref="Invert"/>, must not; 0 with mask 0 for any.</summary>
    public uint Mark { get; init; }

    /// <summary>The bits of the mark that count.</summary>
    public uint Mask { get; init; }

    /// <summary>Whether the rule holds for packets that do not match (<c>not</c>).</summary>
    public bool Invert { get; init; }

    /// <summary>The destination that packets must have; null for any.</summary>
    public IpPrefix? Destination { get; init; }

    /// <summary>The only user whose sockets' packets it holds for; null for anybody's.</summary>
    public uint? User { get; init; }

    /// <summary>The table that is looked up.</summary>
    public uint Table { get; init; }

    /// <summary>Routes with a prefix no longer than this are passed over; null for none.</summary>
    public int? SuppressPrefixLength { get; init; }

    /// <summary>Who made it (RTPROT_*): ours unless it says otherwise; 0 for one read from a kernel (before 4.17) that does not keep
    /// it.</summary>
    public byte Protocol { get; init; } = Rtnl.RTPROT_NETCONTROL;

    /// <summary>
    /// Whether the rule has selectors or an action that this type does not describe. Such a rule is never made, only read.
    /// </summary>
    public bool HasMore { get; init; }

    /// <summary>Parses the payload of RTM_NEWRULE: <c>struct fib_rule_hdr</c> and attributes.</summary>
    public static bool TryParse(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out RuleInfo? rule)
    {
        rule = null;
        if (payload.Length < Rtnl.RuleSize || payload[0] is not (Libc.AF_INET or Libc.AF_INET6))
        {
            return false;
        }

        RuleInfo result = new()
        {
            IsV6 = payload[0] == Libc.AF_INET6,
            Table = payload[4],
            Protocol = 0,
            Invert = (MemoryMarshal.Read<uint>(payload[8..]) & Rtnl.FIB_RULE_INVERT) != 0,
            HasMore = payload[2] != 0 || payload[3] != 0 || payload[7] != Rtnl.FR_ACT_TO_TBL,
        };
        ReadOnlySpan<byte> attributes = payload[Rtnl.RuleSize..];
        while (NetlinkReader.TryReadAttribute(ref attributes, out ushort type, out ReadOnlySpan<byte> value))
        {
            uint number = NetlinkReader.ReadNumber(value);
            result = type switch
            {
                Rtnl.FRA_DST when NetlinkReader.TryReadAddress(value, out IpAddr address) && payload[1] <= (address.IsV4 ? 32 : 128) =>
                    result with { Destination = new IpPrefix(address, payload[1]) },
                Rtnl.FRA_UID_RANGE when value.Length == 8 && NetlinkReader.ReadNumber(value[..4]) == NetlinkReader.ReadNumber(value[4..]) =>
                    result with { User = NetlinkReader.ReadNumber(value[4..]) },
                Rtnl.FRA_PRIORITY => result with { Priority = number },
                Rtnl.FRA_FWMARK => result with { Mark = number },
                Rtnl.FRA_FWMASK => result with { Mask = number },
                Rtnl.FRA_TABLE => result with { Table = number },
                Rtnl.FRA_SUPPRESS_PREFIXLEN => result with { SuppressPrefixLength = number == uint.MaxValue ? null : (int)number },
                Rtnl.FRA_PROTOCOL => result with { Protocol = (byte)number },
                Rtnl.FRA_PAD => result,
                _ => result with { HasMore = true },
            };
        }

        rule = result;
        return true;
    }

    /// <summary>Whether both lead the same packets to the same table, whoever made them.</summary>
    public bool DoesTheSameAs(RuleInfo other) => this == other with { Protocol = Protocol };

    /// <summary>The rule in the words of <c>ip rule</c>.</summary>
    public override string ToString()
    {
        string selector = (Destination is { } destination ? $" to {destination}" : string.Empty)
            + (User is { } user ? $" uidrange {user}-{user}" : string.Empty)
            + (Mask == 0 ? string.Empty : Mask == uint.MaxValue ? $" fwmark 0x{Mark:x}" : $" fwmark 0x{Mark:x}/0x{Mask:x}");
        string suppress = SuppressPrefixLength is { } length ? $" suppress_prefixlength {length}" : string.Empty;
        return $"{(IsV6 ? "-6" : "-4")} priority {Priority}{(Invert ? " not" : string.Empty)}{selector} lookup {Table}{suppress}";
    }
}
