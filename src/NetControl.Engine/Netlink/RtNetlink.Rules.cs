using System.Runtime.InteropServices;
using NetControl.Engine.Interop.Linux;

namespace NetControl.Engine.Netlink;

/// <content>Policy routing rules.</content>
internal sealed partial class RtNetlink
{
    /// <summary>The rules of one family in the order in which they are tried.</summary>
    public List<RuleInfo> ListRules(bool v6)
    {
        NetlinkWriter request = new(Rtnl.RTM_GETRULE, Rtnl.NLM_F_DUMP);
        byte[] header = new byte[Rtnl.RuleSize];
        header[0] = (byte)(v6 ? Libc.AF_INET6 : Libc.AF_INET);
        request.Append(header);
        List<RuleInfo> all = Dump<RuleInfo>(request, Rtnl.RTM_NEWRULE, RuleInfo.TryParse, "list the rules");
        all.RemoveAll(rule => rule.IsV6 != v6);
        return all;
    }

    /// <summary>Adds a rule; an identical one must not exist.</summary>
    public void AddRule(RuleInfo rule) =>
        Execute(RuleRequest(Rtnl.RTM_NEWRULE, Rtnl.NLM_F_ACK | Rtnl.NLM_F_CREATE | Rtnl.NLM_F_EXCL, rule), $"add rule {rule}");

    /// <summary>Removes a rule.</summary>
    public void DeleteRule(RuleInfo rule) => Execute(RuleRequest(Rtnl.RTM_DELRULE, Rtnl.NLM_F_ACK, rule), $"delete rule {rule}");

    private static NetlinkWriter RuleRequest(ushort type, ushort flags, RuleInfo rule)
    {
        byte[] header = new byte[Rtnl.RuleSize];
        header[0] = (byte)(rule.IsV6 ? Libc.AF_INET6 : Libc.AF_INET);
        header[1] = (byte)(rule.Destination?.Length ?? 0);
        header[4] = rule.Table < 256 ? (byte)rule.Table : (byte)0;
        header[7] = Rtnl.FR_ACT_TO_TBL;
        BitConverter.TryWriteBytes(header.AsSpan(8), rule.Invert ? Rtnl.FIB_RULE_INVERT : 0);
        NetlinkWriter request = new(type, flags);
        request.Append(header).Attribute(Rtnl.FRA_PRIORITY, rule.Priority).Attribute(Rtnl.FRA_TABLE, rule.Table);
        request.Attribute(Rtnl.FRA_PROTOCOL, rule.Protocol);
        if (rule.Mask != 0)
        {
            request.Attribute(Rtnl.FRA_FWMARK, rule.Mark).Attribute(Rtnl.FRA_FWMASK, rule.Mask);
        }

        if (rule.Destination is { } destination)
        {
            request.Attribute(Rtnl.FRA_DST, destination.Address);
        }

        if (rule.User is { } user)
        {
            request.Attribute(Rtnl.FRA_UID_RANGE, MemoryMarshal.AsBytes<uint>([user, user]));
        }

        return rule.SuppressPrefixLength is { } length ? request.Attribute(Rtnl.FRA_SUPPRESS_PREFIXLEN, (uint)length) : request;
    }
}
