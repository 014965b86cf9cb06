using System.Buffers.Binary;
using NetControl.Network;

namespace NetControl.Stack.Wire;

/// <summary>Writes ICMP and ICMPv6 packets with their checksums.</summary>
public static class IcmpPacket
{
    /// <summary>Writes a whole packet and returns its length.</summary>
    /// <param name="destination">Room for the IP header, eight bytes and the body.</param>
    /// <param name="from">The source address; its family decides between ICMP and ICMPv6.</param>
    /// <param name="to">The destination address.</param>
    /// <param name="type">The type, by the numbers of the family.</param>
    /// <param name="code">The code within the type.</param>
    /// <param name="rest">The four bytes behind the checksum.</param>
    /// <param name="body">What follows; may already stand at its place in <paramref name="destination"/>.</param>
    /// <param name="trafficClass">DSCP and ECN.</param>
    public static int Write(
        Span<byte> destination, IpAddr from, IpAddr to, byte type, byte code, uint rest, ReadOnlySpan<byte> body, byte trafficClass = 0)
    {
        byte protocol = from.IsV4 ? IpProtocol.Icmp : IpProtocol.IcmpV6;
        int messageLength = IcmpHeader.Length + body.Length;
        int at = IpPacket.HeaderLength(from);

        // The body first: it may lie in the same buffer, where the headers are about to be written.
        body.CopyTo(destination[(at + IcmpHeader.Length)..]);
        IpPacket.WriteHeader(destination, from, to, protocol, messageLength, trafficClass: trafficClass);
        Span<byte> message = destination.Slice(at, messageLength);
        IcmpHeader.Write(message, type, code, checksum: 0, rest);

        // Only ICMPv6 has a pseudo-header (RFC 4443 section 2.3).
        uint pseudo = from.IsV4 ? 0 : Checksum.PseudoHeader(from, to, protocol, messageLength);
        BinaryPrimitives.WriteUInt16BigEndian(message[IcmpHeader.ChecksumOffset..], Checksum.Finish(Checksum.Sum(message, pseudo)));
        return at + messageLength;
    }
}
