using NetControl.Network;

namespace NetControl.Stack.Wire;

/// <summary>Writes the IP header of a packet of ours, of whichever family its addresses are.</summary>
public static class IpPacket
{
    /// <summary>The TTL and hop limit of packets that the stack sends (IANA's recommended default).</summary>
    public const byte DefaultHopLimit = 64;

    /// <summary>The longest IP header that the stack writes.</summary>
    public const int MaxHeaderLength = Ipv6Header.Length;

    /// <summary>The length of the IP header that packets between such addresses get.</summary>
    public static int HeaderLength(IpAddr source) => source.IsV4 ? Ipv4Header.MinLength : Ipv6Header.Length;

    /// <summary>Writes a header with DF set (IPv4) and returns its length.</summary>
    /// <param name="destination">At least <see cref="HeaderLength"/> bytes.</param>
    /// <param name="from">The source address; its family is the packet's.</param>
    /// <param name="to">The destination address, of the same family.</param>
    /// <param name="protocol">The transport's protocol number.</param>
    /// <param name="payloadLength">Everything behind the IP header; with an IPv4 header at most 65,515, with IPv6 at most 65,535.</param>
    /// <param name="id">The IPv4 identification; RFC 6864 allows any value in a packet that is not fragmented.</param>
    /// <param name="trafficClass">DSCP and ECN.</param>
    /// <param name="hopLimit">TTL or hop limit.</param>
    public static int WriteHeader(
        Span<byte> destination,
        IpAddr from,
        IpAddr to,
        byte protocol,
        int payloadLength,
        ushort id = 0,
        byte trafficClass = 0,
        byte hopLimit = DefaultHopLimit)
    {
        System.Diagnostics.Debug.Assert(from.IsV4 == to.IsV4, "a packet has one family");
        return from.IsV4
            ? Ipv4Header.Write(
                destination,
                from,
                to,
                protocol,
                Ipv4Header.MinLength + payloadLength,
                id,
                Ipv4Header.DontFragmentBit,
                hopLimit,
                trafficClass)
            : Ipv6Header.Write(destination, from, to, protocol, payloadLength, hopLimit, trafficClass, flowLabel: 0);
    }

    /// <summary>Where the transport header starts in a packet that <see cref="WriteHeader"/> began.</summary>
    internal static int TransportOffset(ReadOnlySpan<byte> packet) =>
        packet[0] >> 4 == 4 ? (packet[0] & 0x0F) << 2 : Ipv6Header.Length;
}
