using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using NetControl.Engine.Interop.Linux;
using NetControl.Network;

namespace NetControl.Engine.Netlink;

/// <summary>An interface's address as rtnetlink describes it.</summary>
/// <param name="InterfaceIndex">The interface.</param>
/// <param name="Prefix">The address with its prefix length.</param>
/// <param name="Protocol">Who made it (IFAPROT_*, or one of the RTPROT_* numbers of user space); 0 where the kernel (before 5.18) keeps no
/// such thing.</param>
/// <param name="Message">The whole payload, for <see cref="RtNetlink.Replay(AddressInfo)"/>.</param>
internal sealed record AddressInfo(int InterfaceIndex, IpPrefix Prefix, byte Protocol, byte[] Message)
{
    /// <summary>Parses the payload of RTM_NEWADDR: <c>struct ifaddrmsg</c> and attributes.</summary>
    public static bool TryParse(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out AddressInfo? address)
    {
        address = null;
        if (payload.Length < Rtnl.IfAddrSize || payload[0] is not (Libc.AF_INET or Libc.AF_INET6))
        {
            return false;
        }

        bool v4 = payload[0] == Libc.AF_INET;
        IpAddr? own = null;
        IpAddr? local = null;
        byte protocol = 0;
        ReadOnlySpan<byte> attributes = payload[Rtnl.IfAddrSize..];
        while (NetlinkReader.TryReadAttribute(ref attributes, out ushort type, out ReadOnlySpan<byte> value))
        {
            if (type == Rtnl.IFA_PROTO && value.Length > 0)
            {
                protocol = value[0];
            }
            else if (type is Rtnl.IFA_ADDRESS or Rtnl.IFA_LOCAL
                && value.Length == (v4 ? 4 : 16)
                && NetlinkReader.TryReadAddress(value, out IpAddr read))
            {
                // On a point-to-point link IFA_ADDRESS is the peer, and IFA_LOCAL ours.
                own = type == Rtnl.IFA_ADDRESS ? read : own;
                local = type == Rtnl.IFA_LOCAL ? read : local;
            }
        }

        int length = payload[1];
        if ((local ?? own) is not { } result || length > (v4 ? 32 : 128))
        {
            return false;
        }

        address = new AddressInfo(MemoryMarshal.Read<int>(payload[4..]), new IpPrefix(result, length), protocol, payload.ToArray());
        return true;
    }
}
