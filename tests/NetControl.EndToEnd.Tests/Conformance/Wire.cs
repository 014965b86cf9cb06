using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using NetControl.Testing.Raw;

namespace NetControl.EndToEnd.Tests.Conformance;

/// <summary>Writes packets byte by byte, from the RFCs' pictures alone: also those that no stack would write.</summary>
internal static class Wire
{
    public const byte Icmp4 = 1;
    public const byte Tcp = 6;
    public const byte Udp = 17;
    public const byte Icmp6 = 58;
    public const byte HopByHop = 0;
    public const byte Routing = 43;
    public const byte FragmentHeader = 44;
    public const byte NoNextHeader = 59;
    public const byte DestinationOptions = 60;

    /// <summary>The protocol number of ICMP in a family.</summary>
    public static byte IcmpOf(IPAddress address) => IsV4(address) ? Icmp4 : Icmp6;

    public static bool IsV4(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork;

    /// <summary>An IPv4 packet (RFC 791 3.1).</summary>
    public static byte[] V4(
        IPAddress from, IPAddress to, byte protocol, ReadOnlySpan<byte> body, byte[]? options = null, int fragmentWord = 0, int id = 0, byte ttl = 64, byte tos = 0)
    {
        int header = 20 + (((options?.Length ?? 0) + 3) / 4 * 4);
        byte[] packet = new byte[header + body.Length];
        packet[0] = (byte)(0x40 | (header / 4));
        packet[1] = tos;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)id);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(6), (ushort)fragmentWord);
        packet[8] = ttl;
        packet[9] = protocol;
        from.TryWriteBytes(packet.AsSpan(12), out _);
        to.TryWriteBytes(packet.AsSpan(16), out _);
        options?.CopyTo(packet, 20);
        body.CopyTo(packet.AsSpan(header));
        return Resum(packet);
    }

    /// <summary>An IPv6 packet (RFC 8200 3).</summary>
    public static byte[] V6(IPAddress from, IPAddress to, byte next, ReadOnlySpan<byte> body, byte hopLimit = 64, byte trafficClass = 0)
    {
        byte[] packet = new byte[40 + body.Length];
        BinaryPrimitives.WriteUInt32BigEndian(packet, 0x6000_0000 | ((uint)trafficClass << 20));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)body.Length);
        packet[6] = next;
        packet[7] = hopLimit;
        from.TryWriteBytes(packet.AsSpan(8), out _);
        to.TryWriteBytes(packet.AsSpan(24), out _);
        body.CopyTo(packet.AsSpan(40));
        return packet;
    }

    /// <summary>A packet of the addresses' family without options.</summary>
    public static byte[] Ip(IPAddress from, IPAddress to, byte protocol, ReadOnlySpan<byte> body, byte ttl = 64, byte tos = 0) =>
        IsV4(from) ? V4(from, to, protocol, body, ttl: ttl, tos: tos) : V6(from, to, protocol, body, ttl, tos);

    /// <summary>Writes the IPv4 header's checksum anew.</summary>
    public static byte[] Resum(byte[] packet)
    {
        packet[10] = packet[11] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), (ushort)~OffloadedPacket.Sum(packet.AsSpan(0, (packet[0] & 15) * 4)));
        return packet;
    }

    /// <summary>A TCP segment (RFC 9293 3.1).</summary>
    public static byte[] TcpSegment(
        IPEndPoint from, IPEndPoint to, uint seq, uint ack, int flags, int window, byte[]? options, ReadOnlySpan<byte> payload, int urgent = 0, int reserved = 0)
    {
        int header = 20 + (((options?.Length ?? 0) + 3) / 4 * 4);
        byte[] segment = new byte[header + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(segment, (ushort)from.Port);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(2), (ushort)to.Port);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(4), seq);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(8), ack);
        segment[12] = (byte)((header / 4 << 4) | reserved);
        segment[13] = (byte)flags;
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(14), (ushort)window);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(18), (ushort)urgent);
        options?.CopyTo(segment, 20);
        payload.CopyTo(segment.AsSpan(header));
        return Sum(segment, 16, from.Address, to.Address, Tcp);
    }

    /// <summary>A UDP datagram (RFC 768).</summary>
    public static byte[] Datagram(IPEndPoint from, IPEndPoint to, ReadOnlySpan<byte> payload)
    {
        byte[] datagram = new byte[8 + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(datagram, (ushort)from.Port);
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(2), (ushort)to.Port);
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(4), (ushort)datagram.Length);
        payload.CopyTo(datagram.AsSpan(8));
        return Sum(datagram, 6, from.Address, to.Address, Udp);
    }

    /// <summary>An ICMP or ICMPv6 message (RFC 792, 4443 2.1).</summary>
    public static byte[] IcmpMessage(IPAddress from, IPAddress to, byte type, byte code, uint rest, ReadOnlySpan<byte> data)
    {
        byte[] message = new byte[8 + data.Length];
        message[0] = type;
        message[1] = code;
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(4), rest);
        data.CopyTo(message.AsSpan(8));
        return Sum(message, 2, from, to, IcmpOf(from));
    }

    /// <summary>An extension header of options, padded with Pad1 to a multiple of eight (RFC 8200 4.3, 4.6).</summary>
    public static byte[] Options(byte next, params byte[] options)
    {
        byte[] header = new byte[(options.Length + 2 + 7) / 8 * 8];
        header[0] = next;
        header[1] = (byte)((header.Length / 8) - 1);
        options.CopyTo(header, 2);
        return header;
    }

    /// <summary>A fragment header (RFC 8200 4.5).</summary>
    public static byte[] Fragment6(byte next, int offset, bool more, uint id)
    {
        byte[] header = new byte[8];
        header[0] = next;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(offset | (more ? 1 : 0)));
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), id);
        return header;
    }

    /// <summary>The checksum with its pseudo-header, as the family wants it.</summary>
    public static byte[] Sum(byte[] body, int at, IPAddress from, IPAddress to, byte protocol)
    {
        body[at] = body[at + 1] = 0;
        ushort sum = (ushort)~OffloadedPacket.Sum(body, Pseudo(from, to, protocol, body.Length));
        BinaryPrimitives.WriteUInt16BigEndian(body.AsSpan(at), sum == 0 && protocol == Udp ? (ushort)0xFFFF : sum);
        return body;
    }

    /// <summary>The sum of the pseudo-header (RFC 9293 3.1, RFC 8200 8.1); ICMP in IPv4 has none.</summary>
    public static uint Pseudo(IPAddress from, IPAddress to, byte protocol, int length)
    {
        if (protocol == Icmp4)
        {
            return 0;
        }

        byte[] pseudo = [.. from.GetAddressBytes(), .. to.GetAddressBytes(), 0, 0, (byte)(length >> 8), (byte)length, 0, protocol];
        return OffloadedPacket.Sum(pseudo);
    }
}
