using System.Buffers.Binary;
using NetControl.Network;

namespace NetControl.Stack.Wire;

/// <summary>Writes UDP packets: the headers alone, for a payload that is gathered from elsewhere, or all of it.</summary>
/// <remarks>The checksum field is handled as in <see cref="TcpPacket"/>.</remarks>
public static class UdpPacket
{
    /// <summary>The longest headers that can be written.</summary>
    public const int MaxHeadersLength = Ipv6Header.Length + UdpHeader.Length;

    /// <summary>The length of the headers that such a packet gets.</summary>
    public static int HeadersLength(IpAddr source) => IpPacket.HeaderLength(source) + UdpHeader.Length;

    /// <summary>The longest payload that fits into one datagram of the family.</summary>
    public static int MaxPayload(IpAddr source) => ushort.MaxValue - UdpHeader.Length - (source.IsV4 ? Ipv4Header.MinLength : 0);

    /// <summary>Writes IP and UDP header and returns their length; the checksum field holds the sum of the pseudo-header.</summary>
    /// <param name="destination">At least <see cref="HeadersLength"/> bytes.</param>
    /// <param name="source">Address and port of the sender; its family is the packet's.</param>
    /// <param name="dest">Address and port of the receiver.</param>
    /// <param name="payloadLength">The payload that will follow, at most <see cref="MaxPayload"/>.</param>
    /// <param name="ipId">The IPv4 identification; meaningless in IPv6.</param>
    public static int WriteHeaders(Span<byte> destination, AddrPort source, AddrPort dest, int payloadLength, ushort ipId = 0)
    {
        int datagramLength = UdpHeader.Length + payloadLength;
        int at = IpPacket.WriteHeader(destination, source.Address, dest.Address, IpProtocol.Udp, datagramLength, ipId);
        ushort partial = Checksum.Fold(Checksum.PseudoHeader(source.Address, dest.Address, IpProtocol.Udp, datagramLength));
        return at + UdpHeader.Write(destination[at..], source.Port, dest.Port, datagramLength, partial);
    }

    /// <summary>Replaces the partial sum that <see cref="WriteHeaders"/> left by the checksum over header and payload.</summary>
    /// <param name="headers">Exactly the headers.</param>
    /// <param name="payload">The payload.</param>
    public static void CompleteChecksum(Span<byte> headers, ReadOnlySpan<byte> payload)
    {
        Span<byte> udp = headers[IpPacket.TransportOffset(headers)..];
        ushort checksum = Checksum.Finish(Checksum.Sum(payload, Checksum.Sum(udp)));

        // RFC 768: zero would mean "no checksum", so a sum of zero travels as its other name.
        BinaryPrimitives.WriteUInt16BigEndian(udp[UdpHeader.ChecksumOffset..], checksum == 0 ? ushort.MaxValue : checksum);
    }

    /// <summary>Writes a whole packet with its checksum and returns its length.</summary>
    public static int Write(Span<byte> destination, AddrPort source, AddrPort dest, ReadOnlySpan<byte> payload, ushort ipId = 0)
    {
        int length = WriteHeaders(destination, source, dest, payload.Length, ipId);
        payload.CopyTo(destination[length..]);
        CompleteChecksum(destination[..length], payload);
        return length + payload.Length;
    }
}
