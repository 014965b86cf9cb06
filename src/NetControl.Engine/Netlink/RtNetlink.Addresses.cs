using NetControl.Engine.Interop.Linux;
using NetControl.Network;

namespace NetControl.Engine.Netlink;

/// <content>Interface addresses.</content>
internal sealed partial class RtNetlink
{
    /// <summary>An interface's addresses of both families.</summary>
    public List<AddressInfo> ListAddresses(int index)
    {
        NetlinkWriter request = new(Rtnl.RTM_GETADDR, Rtnl.NLM_F_DUMP);
        request.Append(AddressHeader(Libc.AF_UNSPEC, 0, index));
        List<AddressInfo> all = Dump<AddressInfo>(
            request, Rtnl.RTM_NEWADDR, AddressInfo.TryParse, $"list the addresses of interface {index}");
        all.RemoveAll(address => address.InterfaceIndex != index);
        return all;
    }

    /// <summary>Adds an address, marked where the kernel keeps that. An IPv6 one is usable at once: nobody else is on a TUN, so duplicate detection would only delay.</summary>
    public void AddAddress(int index, IpPrefix address)
    {
        NetlinkWriter request = AddressRequest(Rtnl.RTM_NEWADDR, Rtnl.NLM_F_ACK | Rtnl.NLM_F_CREATE | Rtnl.NLM_F_EXCL, index, address);
        request.Attribute(Rtnl.IFA_PROTO, Mark);
        if (!address.Address.IsV4)
        {
            request.Attribute(Rtnl.IFA_FLAGS, Rtnl.IFA_F_NODAD);
        }

        Execute(request, $"add address {address}");
    }

    /// <summary>Removes an address.</summary>
    public void DeleteAddress(int index, IpPrefix address) =>
        Execute(AddressRequest(Rtnl.RTM_DELADDR, Rtnl.NLM_F_ACK, index, address), $"delete address {address}");

    /// <summary>Adds an address again exactly as it was listed.</summary>
    public void Replay(AddressInfo address)
    {
        NetlinkWriter request = new(Rtnl.RTM_NEWADDR, Rtnl.NLM_F_ACK | Rtnl.NLM_F_CREATE | Rtnl.NLM_F_EXCL);
        Execute(request.Append(address.Message), $"add address {address.Prefix}");
    }

    private static NetlinkWriter AddressRequest(ushort type, ushort flags, int index, IpPrefix address)
    {
        NetlinkWriter request = new(type, flags);
        request.Append(AddressHeader(address.Address.IsV4 ? Libc.AF_INET : Libc.AF_INET6, address.Length, index));
        request.Attribute(Rtnl.IFA_LOCAL, address.Address);
        return request.Attribute(Rtnl.IFA_ADDRESS, address.Address);
    }

    private static byte[] AddressHeader(int family, int prefixLength, int index)
    {
        byte[] header = new byte[Rtnl.IfAddrSize];
        header[0] = (byte)family;
        header[1] = (byte)prefixLength;
        BitConverter.TryWriteBytes(header.AsSpan(4), index);
        return header;
    }
}
