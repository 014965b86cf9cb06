using System.Buffers.Binary;
using NetControl.Network;
using NetControl.Stack.Tcp;

namespace NetControl.Stack.Wire;

/// <summary>Writes TCP packets: the headers alone, for a payload that is gathered from elsewhere, or all of it.</summary>
/// <remarks>
/// <see cref="WriteHeaders"/> leaves the folded sum of the pseudo-header in the checksum field, which is what a virtio header with
/// NEEDS_CSUM asks for; without such help, <see cref="CompleteChecksum"/> turns it into the real checksum.
/// </remarks>
public static class TcpPacket
{
    /// <summary>The longest headers that can be written: IPv6 without extensions and TCP with all its options.</summary>
    public const int MaxHeadersLength = Ipv6Header.Length + TcpHeader.MaxLength;

    /// <summary>The length of the headers that such a packet gets.</summary>
    public static int HeadersLength(IpAddr source, in TcpOptions options) =>
        IpPacket.HeaderLength(source) + TcpHeader.MinLength + options.Length;

    /// <summary>Writes IP and TCP header and returns their length; the checksum field holds the sum of the pseudo-header.</summary>
    /// <param name="destination">At least <see cref="HeadersLength"/> bytes.</param>
    /// <param name="source">Address and port of the sender; its family is the packet's.</param>
    /// <param name="dest">Address and port of the receiver.</param>
    /// <param name="seq">The sequence number.</param>
    /// <param name="ack">The acknowledgment number.</param>
    /// <param name="flags">The control bits.</param>
    /// <param name="window">The window as it stands in the header, already scaled down.</param>
    /// <param name="options">The options.</param>
    /// <param name="payloadLength">The payload that will follow; a super-packet must stay within IPv4's total of 65,535.</param>
    /// <param name="ipId">The IPv4 identification; meaningless in IPv6.</param>
    public static int WriteHeaders(
        Span<byte> destination,
        AddrPort source,
        AddrPort dest,
        SequenceNumber seq,
        SequenceNumber ack,
        TcpFlags flags,
        ushort window,
        in TcpOptions options,
        int payloadLength,
        ushort ipId)
    {
        int segmentLength = TcpHeader.MinLength + options.Length + payloadLength;
        int at = IpPacket.WriteHeader(destination, source.Address, dest.Address, IpProtocol.Tcp, segmentLength, ipId);
        ushort partial = Checksum.Fold(Checksum.PseudoHeader(source.Address, dest.Address, IpProtocol.Tcp, segmentLength));
        return at + TcpHeader.Write(destination[at..], source.Port, dest.Port, seq, ack, flags, window, partial, in options);
    }

    /// <summary>Replaces the partial sum that <see cref="WriteHeaders"/> left by the checksum over header and payload.</summary>
    /// <param name="headers">Exactly the headers.</param>
    /// <param name="payload">The payload, or the first part of it.</param>
    /// <param name="more">The rest of the payload where a ring wraps around.</param>
    public static void CompleteChecksum(Span<byte> headers, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> more = default)
    {
        Span<byte> tcp = headers[IpPacket.TransportOffset(headers)..];
        uint sum = Checksum.Sum(payload, Checksum.Sum(tcp));
        sum = Checksum.CombineAt(sum, Checksum.Sum(more), payload.Length);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[TcpHeader.ChecksumOffset..], Checksum.Finish(sum));
    }

    /// <summary>Writes a whole packet with its checksum and returns its length.</summary>
    public static int Write(
        Span<byte> destination,
        AddrPort source,
        AddrPort dest,
        SequenceNumber seq,
        SequenceNumber ack,
        TcpFlags flags,
        ushort window,
        in TcpOptions options,
        ReadOnlySpan<byte> payload = default,
        ushort ipId = 0)
    {
        int length = WriteHeaders(destination, source, dest, seq, ack, flags, window, in options, payload.Length, ipId);
        payload.CopyTo(destination[length..]);
        CompleteChecksum(destination[..length], payload);
        return length + payload.Length;
    }
}
