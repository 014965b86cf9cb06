using System.Buffers.Binary;
using NetControl.Stack.Tcp;

namespace NetControl.Stack.Wire;

/// <content>The chapter behind the IP header: TCP, UDP and ICMP.</content>
public partial struct ParsedPacket
{
    private ParseResult ReadTransport(ReadOnlySpan<byte> transport, ChecksumTrust trust)
    {
        PayloadOffset = TransportOffset;
        PayloadLength = transport.Length;
        return Protocol switch
        {
            IpProtocol.Tcp => ReadTcp(transport, trust),
            IpProtocol.Udp => ReadUdp(transport, trust),
            IpProtocol.Icmp when Version == 4 => ReadIcmp(transport, trust),
            IpProtocol.IcmpV6 when Version == 6 => ReadIcmp(transport, trust),
            _ => RefuseProtocol(),
        };
    }

    private ParseResult RefuseProtocol()
    {
        // RFC 8200 section 4.7: "no next header" says that there is nothing, and nothing is wrong with that.
        if (Version == 4)
        {
            Problem = IpProblem.Protocol;
        }
        else if (Protocol != IpProtocol.NoNextHeader)
        {
            (Problem, ProblemPointer) = (IpProblem.NextHeader, _announcementOffset);
        }

        return ParseResult.UnsupportedProtocol;
    }

    private ParseResult ReadTcp(ReadOnlySpan<byte> segment, ChecksumTrust trust)
    {
        if (segment.Length < TcpHeader.MinLength)
        {
            return ParseResult.Malformed;
        }

        uint fourth = BinaryPrimitives.ReadUInt32BigEndian(segment[TcpHeader.DataOffsetOffset..]);
        int headerLength = (int)(fourth >> 28) << 2;
        if (headerLength < TcpHeader.MinLength || headerLength > segment.Length)
        {
            return ParseResult.Malformed;
        }

        // RFC 9293 section 3.10.7.2 wants segments to groups dropped in silence; RFC 793's "land" would talk to itself for ever.
        ReadPorts(segment);
        if (IsMulticastDestination || IsLand())
        {
            return ParseResult.Martian;
        }

        PayloadOffset += headerLength;
        PayloadLength -= headerLength;
        Seq = new SequenceNumber(BinaryPrimitives.ReadUInt32BigEndian(segment[TcpHeader.SequenceOffset..]));
        Ack = new SequenceNumber(BinaryPrimitives.ReadUInt32BigEndian(segment[TcpHeader.AcknowledgmentOffset..]));
        Flags = (TcpFlags)(fourth >> 16);
        Window = (ushort)fourth;
        Urgent = BinaryPrimitives.ReadUInt16BigEndian(segment[TcpHeader.UrgentOffset..]);
        TcpOptions.Parse(segment[TcpHeader.MinLength..headerLength], out Options);
        return trust == ChecksumTrust.KernelVouches ? ParseResult.Ok : VerifyWithPseudoHeader(segment);
    }

    private ParseResult ReadUdp(ReadOnlySpan<byte> datagram, ChecksumTrust trust)
    {
        if (datagram.Length < UdpHeader.Length)
        {
            return ParseResult.Malformed;
        }

        uint second = BinaryPrimitives.ReadUInt32BigEndian(datagram[UdpHeader.LengthOffset..]);
        int length = (int)(second >> 16);
        if (length < UdpHeader.Length || length > datagram.Length)
        {
            return ParseResult.Malformed;
        }

        ReadPorts(datagram);
        if (IsLand())
        {
            return ParseResult.Martian;
        }

        PayloadOffset += UdpHeader.Length;
        PayloadLength = length - UdpHeader.Length;
        if (trust == ChecksumTrust.KernelVouches)
        {
            return ParseResult.Ok;
        }

        if ((ushort)second == 0)
        {
            // "No checksum" exists in IPv4 only (RFC 768; RFC 8200 section 8.1).
            return Version == 4 ? ParseResult.Ok : ParseResult.BadChecksum;
        }

        return VerifyWithPseudoHeader(datagram[..length]);
    }

    private ParseResult ReadIcmp(ReadOnlySpan<byte> message, ChecksumTrust trust)
    {
        if (message.Length < IcmpHeader.Length)
        {
            return ParseResult.Malformed;
        }

        IcmpType = message[IcmpHeader.TypeOffset];
        IcmpCode = message[IcmpHeader.CodeOffset];
        IcmpRest = BinaryPrimitives.ReadUInt32BigEndian(message[IcmpHeader.RestOffset..]);
        PayloadOffset += IcmpHeader.Length;
        PayloadLength -= IcmpHeader.Length;
        if (trust == ChecksumTrust.KernelVouches)
        {
            return ParseResult.Ok;
        }

        if (Version == 6)
        {
            return VerifyWithPseudoHeader(message);
        }

        return Checksum.IsValid(Checksum.Sum(message)) ? ParseResult.Ok : ParseResult.BadChecksum;
    }

    private void ReadPorts(ReadOnlySpan<byte> transport)
    {
        uint ports = BinaryPrimitives.ReadUInt32BigEndian(transport);
        SourcePort = (ushort)(ports >> 16);
        DestinationPort = (ushort)ports;
    }

    private readonly bool IsLand() => SourcePort == DestinationPort && Source == Destination;

    private readonly ParseResult VerifyWithPseudoHeader(ReadOnlySpan<byte> transport)
    {
        uint sum = Checksum.Sum(transport, Checksum.PseudoHeader(Source, Destination, Protocol, transport.Length));
        return Checksum.IsValid(sum) ? ParseResult.Ok : ParseResult.BadChecksum;
    }
}
