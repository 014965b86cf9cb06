namespace NetControl.Engine.Interop.Linux;

/// <content>The kernel's names and numbers for sockets (asm-generic/socket.h, linux/{in,in6,udp,tcp,socket,netlink}.h; x86-64 and arm64
/// share them).</content>
internal static unsafe partial class Libc
{
    public const int AF_UNSPEC = 0;
    public const int AF_INET = 2;
    public const int AF_INET6 = 10;
    public const int AF_NETLINK = 16;

    public const int SOCK_STREAM = 1;
    public const int SOCK_DGRAM = 2;
    public const int SOCK_RAW = 3;
    public const int SOCK_NONBLOCK = 0x800;
    public const int SOCK_CLOEXEC = 0x80000;

    public const int IPPROTO_IP = 0;
    public const int IPPROTO_TCP = 6;
    public const int IPPROTO_UDP = 17;
    public const int IPPROTO_IPV6 = 41;
    public const int IPV6_UNICAST_HOPS = 16;
    public const int NETLINK_ROUTE = 0;

    public const int SOL_SOCKET = 1;
    public const int SOL_UDP = 17;
    public const int SOL_NETLINK = 270;

    public const int SO_ERROR = 4;
    public const int SO_RCVBUF = 8;
    public const int SO_LINGER = 13;
    public const int SO_PEERCRED = 17;
    public const int SO_RCVTIMEO = 20;
    public const int SO_SNDTIMEO = 21;
    public const int SO_BINDTODEVICE = 25;
    public const int SO_MARK = 36;

    public const int TCP_NODELAY = 1;

    public const int IP_TTL = 2;
    public const int IP_RECVERR = 11;

    public const int IPV6_RECVERR = 25;
    public const int IPV6_V6ONLY = 26;

    public const int UDP_SEGMENT = 103;
    public const int UDP_GRO = 104;

    public const int NETLINK_CAP_ACK = 10;
    public const int NETLINK_EXT_ACK = 11;
    public const int NETLINK_GET_STRICT_CHK = 12;

    public const int MSG_PEEK = 0x02;
    public const int MSG_CTRUNC = 0x08;
    public const int MSG_TRUNC = 0x20;
    public const int MSG_DONTWAIT = 0x40;
    public const int MSG_ERRQUEUE = 0x2000;
    public const int MSG_NOSIGNAL = 0x4000;

    public const int MSG_CMSG_CLOEXEC = 0x40000000;

    public const int SCM_RIGHTS = 1;

    public const int SHUT_WR = 1;
}
