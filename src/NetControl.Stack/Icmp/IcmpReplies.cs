using NetControl.Stack.Wire;

namespace NetControl.Stack.Icmp;

/// <summary>Answers echo requests.</summary>
public static class IcmpReplies
{
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
}
