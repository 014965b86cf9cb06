namespace NetControl.Engine.Netlink;

/// <summary>The numbers of the netlink and rtnetlink protocols (linux/{netlink,rtnetlink,if_link,if_addr,fib_rules,if}.h).</summary>
internal static class Rtnl
{
    public const int HeaderSize = 16;
    public const int AttributeHeaderSize = 4;

    public const ushort NLMSG_ERROR = 2;
    public const ushort NLMSG_DONE = 3;
    public const ushort NLM_F_REQUEST = 0x1;
    public const ushort NLM_F_ACK = 0x4;
    public const ushort NLM_F_DUMP_INTR = 0x10;
    public const ushort NLM_F_CAPPED = 0x100;
    public const ushort NLM_F_ACK_TLVS = 0x200;
    public const ushort NLM_F_DUMP = 0x300;
    public const ushort NLM_F_EXCL = 0x200;
    public const ushort NLM_F_CREATE = 0x400;
    public const ushort NLMSGERR_ATTR_MSG = 1;
    public const ushort NLA_TYPE_MASK = 0x3FFF;

    public const ushort RTM_NEWLINK = 16;
    public const ushort RTM_DELLINK = 17;
    public const ushort RTM_GETLINK = 18;
    public const ushort RTM_NEWADDR = 20;
    public const ushort RTM_DELADDR = 21;
    public const ushort RTM_GETADDR = 22;
    public const ushort RTM_NEWROUTE = 24;
    public const ushort RTM_DELROUTE = 25;
    public const ushort RTM_GETROUTE = 26;
    public const ushort RTM_NEWRULE = 32;
    public const ushort RTM_DELRULE = 33;
    public const ushort RTM_GETRULE = 34;

    public const int IfInfoSize = 16;
    public const ushort IFLA_IFNAME = 3;
    public const ushort IFLA_MTU = 4;
    public const ushort IFLA_LINKINFO = 18;
    public const ushort IFLA_CARRIER = 33;
    public const ushort IFLA_INFO_KIND = 1;
    public const ushort IFLA_INFO_DATA = 2;
    public const ushort IFLA_TUN_OWNER = 1;
    public const ushort IFLA_TUN_TYPE = 3;
    public const ushort IFLA_TUN_PI = 4;
    public const ushort IFLA_TUN_VNET_HDR = 5;
    public const ushort IFLA_TUN_PERSIST = 6;
    public const ushort IFLA_TUN_MULTI_QUEUE = 7;
    public const ushort IFLA_TUN_NUM_QUEUES = 8;
    public const ushort IFLA_TUN_NUM_DISABLED_QUEUES = 9;
    public const uint IFF_UP = 1;

    public const int IfAddrSize = 8;
    public const ushort IFA_ADDRESS = 1;
    public const ushort IFA_LOCAL = 2;
    public const ushort IFA_FLAGS = 8;
    public const uint IFA_F_NODAD = 0x02;
    public const ushort IFA_PROTO = 11;

    public const int RtMsgSize = 12;
    public const ushort RTA_DST = 1;
    public const ushort RTA_OIF = 4;
    public const ushort RTA_GATEWAY = 5;
    public const ushort RTA_PRIORITY = 6;
    public const ushort RTA_TABLE = 15;
    public const ushort RTA_MARK = 16;
    public const ushort RTA_UID = 25;
    public const uint RTM_F_CLONED = 0x200;
    public const uint RTM_F_LOOKUP_TABLE = 0x1000;
    public const byte RTN_UNICAST = 1;
    public const byte RTN_LOCAL = 2;
    public const byte RTN_PROHIBIT = 8;
    public const byte RTPROT_STATIC = 4;

    /// <summary>
    /// What marks rules, routes and addresses as installed by us ("N"; <c>proto 78</c> in iproute2): assigned to nobody in
    /// linux/rtnetlink.h or iproute2's rt_protos.
    /// </summary>
    public const byte RTPROT_NETCONTROL = 78;

    /// <summary>The kill switch's routes and rules: ours too, but they outlive the process on purpose.</summary>
    public const byte RTPROT_NETCONTROL_GUARD = 79;

    /// <summary>What <c>netcontrold setup</c> prepared for a process without capabilities: it outlives both, and no process takes it back.</summary>
    public const byte RTPROT_NETCONTROL_SETUP = 80;

    public const byte RT_SCOPE_UNIVERSE = 0;
    public const byte RT_SCOPE_LINK = 253;
    public const byte RT_SCOPE_NOWHERE = 255;
    public const uint RT_TABLE_MAIN = 254;

    public const int RuleSize = 12;
    public const byte FR_ACT_TO_TBL = 1;
    public const uint FIB_RULE_INVERT = 2;
    public const ushort FRA_DST = 1;
    public const ushort FRA_PRIORITY = 6;
    public const ushort FRA_FWMARK = 10;
    public const ushort FRA_SUPPRESS_PREFIXLEN = 14;
    public const ushort FRA_TABLE = 15;
    public const ushort FRA_FWMASK = 16;
    public const ushort FRA_PAD = 18;
    public const ushort FRA_UID_RANGE = 20;
    public const ushort FRA_PROTOCOL = 21;
}
