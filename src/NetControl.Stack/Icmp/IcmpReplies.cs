using System.Buffers.Binary;
using NetControl.Stack.Wire;

namespace NetControl.Stack.Icmp;

/// <summary>Answers echo requests.</summary>
public static class IcmpReplies
{
    private const int MaxOptions = 40;

    /// <summary>Whether a packet that was parsed with a result of Ok is an echo request to one host.</summary>
    public static bool IsEchoRequest(in ParsedPacket packet)
    {
        bool isEcho = packet.Protocol switch
        {
            IpProtocol.Icmp => packet.IcmpType == IcmpTypes.EchoRequestV4,
            IpProtocol.IcmpV6 => packet.IcmpType == IcmpTypes.EchoRequestV6,
            _ => false,
        };

        // RFC 1122 section 3.2.2.6 lets a host ignore requests to groups, and a whole network answering one packet is an attack.
        return isEcho && packet.IcmpCode == 0 && !packet.IsMulticastDestination;
    }

    /// <summary>Writes the reply to an echo request and returns its length; 0 when the packet is none or the reply does not fit.</summary>
    /// <remarks>A reply to a large, reassembled request may exceed the device's MTU: see <see cref="Ip.Fragmenter"/>.</remarks>
    /// <param name="destination">As much room as the request takes.</param>
    /// <param name="packet">The request.</param>
    /// <param name="request">The same, parsed with a result of Ok.</param>
    public static int WriteEchoReply(Span<byte> destination, ReadOnlySpan<byte> packet, in ParsedPacket request)
    {
        int length = IpPacket.HeaderLength(request.Source) + IcmpHeader.Length + request.PayloadLength;
        if (!IsEchoRequest(in request) || length > destination.Length)
        {
            return 0;
        }

        byte type = request.IsV4 ? IcmpTypes.EchoReplyV4 : IcmpTypes.EchoReplyV6;
        ReadOnlySpan<byte> data = request.Payload(packet);

        // RFC 1812 section 4.3.2.5: the reply gets the request's type of service; its ECN bits say nothing about the way back.
        byte trafficClass = (byte)(request.TrafficClass & 0xFC);
        return IcmpPacket.Write(
            destination, request.Destination, request.Source, type, code: 0, request.IcmpRest, data, trafficClass);
    }

    /// <summary>Puts what the request's record-route and timestamp options ask for into its reply, and returns the reply's new length.</summary>
    /// <remarks>RFC 1122 section 3.2.2.6. A reply that would no longer fit into one packet stays as it is.</remarks>
    /// <param name="reply">Room for the reply and the options.</param>
    /// <param name="length">The length of the reply that <see cref="WriteEchoReply"/> wrote.</param>
    /// <param name="packet">The request.</param>
    /// <param name="request">The same, parsed with a result of Ok.</param>
    /// <param name="mtu">The longest packet.</param>
    /// <param name="midnightMillis">Milliseconds since midnight UT.</param>
    public static int AddOptions(Span<byte> reply, int length, ReadOnlySpan<byte> packet, in ParsedPacket request, int mtu, uint midnightMillis)
    {
        if (!request.IsV4 || (packet[0] & 0x0F) * 4 == Ipv4Header.MinLength)
        {
            return length;
        }

        Span<byte> options = stackalloc byte[MaxOptions];
        int added = EchoOptions.Write(options, packet[Ipv4Header.MinLength..((packet[0] & 0x0F) * 4)], request.Destination, midnightMillis);
        if (added == 0 || length + added > Math.Min(mtu, reply.Length))
        {
            return length;
        }

        reply[Ipv4Header.MinLength..length].CopyTo(reply[(Ipv4Header.MinLength + added)..]);
        options[..added].CopyTo(reply[Ipv4Header.MinLength..]);
        int header = Ipv4Header.MinLength + added;
        reply[0] = (byte)(0x40 | (header / 4));
        BinaryPrimitives.WriteUInt16BigEndian(reply[Ipv4Header.TotalLengthOffset..], (ushort)(length + added));
        Ipv4Header.UpdateChecksum(reply[..header]);
        return length + added;
    }
}
