using System.Buffers.Binary;
using NetControl.Network;
using NetControl.Stack.Ip;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;

namespace NetControl.Testing;

/// <summary>Valid packets of every kind that the stack knows, and what makes a mutated one pass the checksums.</summary>
public static class SamplePackets
{
    private const int TcpChecksum = 16;
    private const int UdpChecksum = 6;
    private const int IcmpChecksum = 2;

    /// <summary>One of each kind, in both families.</summary>
    public static IEnumerable<(string Name, byte[] Packet)> All()
    {
        TcpOptions syn = new() { Mss = 1460, WindowScale = 7, SackPermitted = true, HasTimestamps = true, TsVal = 1 };
        TcpOptions ack = new() { HasTimestamps = true, TsVal = 2, TsEcr = 1 };
        ack.TryAddSack(new SequenceNumber(1), new SequenceNumber(2));
        byte[] buffer = new byte[4000];
        foreach ((string family, string f, string t) in ((string, string, string)[])
            [("v4", "10.0.0.2:4000", "198.18.0.1:80"), ("v6", "[fd77::2]:4000", "[fd99::1]:80")])
        {
            AddrPort from = AddrPort.Parse(f);
            AddrPort to = AddrPort.Parse(t);
            yield return ($"{family}-syn", buffer[..TcpPacket.Write(buffer, from, to, new(99), default, TcpFlags.Syn, 5000, syn)]);
            yield return ($"{family}-data", buffer[..TcpPacket.Write(buffer, from, to, new(100), new(1), TcpFlags.Ack, 5000, ack, new byte[40])]);
            yield return ($"{family}-fin", buffer[..TcpPacket.Write(buffer, from, to, new(140), new(1), TcpFlags.Fin | TcpFlags.Ack, 5000, ack)]);
            yield return ($"{family}-rst", buffer[..TcpPacket.Write(buffer, from, to, new(100), default, TcpFlags.Rst, 0, default)]);
            byte[] udp = buffer[..UdpPacket.Write(buffer, from, to, new byte[30])];
            yield return ($"{family}-udp", udp);
            byte echo = (byte)(from.IsV4 ? 8 : 128);
            yield return ($"{family}-echo", buffer[..IcmpPacket.Write(buffer, from.Address, to.Address, echo, 0, 1, new byte[30])]);
            foreach ((byte type, byte code, uint rest) in from.IsV4
                ? ((byte, byte, uint)[])[(3, 3, 0), (3, 4, 600), (11, 0, 0), (12, 0, 0)]
                : [(1, 4, 0), (2, 0, 1280), (3, 0, 0), (4, 1, 6)])
            {
                byte[] quoted = type is 2 || (type, code) is (3, 4)
                    ? buffer[..TcpPacket.Write(buffer, to, from, new(1), new(140), TcpFlags.Ack, 5000, ack, new byte[40])]
                    : [.. udp];
                yield return ($"{family}-icmp-{type}-{code}", buffer[..IcmpPacket.Write(buffer, from.Address, to.Address, type, code, rest, quoted)]);
            }

            byte[] large = buffer[..UdpPacket.Write(buffer, from, to, new byte[from.IsV4 ? 300 : 1400])];
            byte[] room = new byte[1500];
            Fragmenter fragments = new(large, from.IsV4 ? 160 : 1280, 77);
            List<byte[]> pieces = [];
            while (fragments.TryWriteNext(room, out int length))
            {
                pieces.Add(room[..length]);
            }

            for (int i = 0; i < pieces.Count; i++)
            {
                yield return ($"{family}-fragment-{i}", pieces[i]);
            }
        }

        byte[] v6 = buffer[..UdpPacket.Write(buffer, AddrPort.Parse("[fd77::2]:4000"), AddrPort.Parse("[fd99::1]:80"), new byte[30])];
        byte[] extensions = [43, 0, 1, 4, 0, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 1];
        yield return ("v6-extensions", [.. v6[..5], (byte)(v6[5] + 24), 0, .. v6[7..40], .. extensions, .. v6[40..]]);
        byte[] v4 = buffer[..UdpPacket.Write(buffer, AddrPort.Parse("10.0.0.2:4000"), AddrPort.Parse("198.18.0.1:80"), new byte[8])];
        byte[] options = [.. v4[..20], 7, 7, 4, 0, 0, 0, 0, 0, .. v4[20..]];
        options[0] = 0x47;
        options[3] = (byte)options.Length;
        Ipv4Header.UpdateChecksum(options.AsSpan(0, 28));
        yield return ("v4-options", options);
    }

    /// <summary>Makes the checksums of a packet right, as far as it has headers to put them in.</summary>
    public static void Repair(Span<byte> packet)
    {
        if (packet.Length < 20 || (packet[0] >> 4 != 4 && packet.Length < 40))
        {
            return;
        }

        bool v4 = packet[0] >> 4 == 4;
        int transport = v4 ? Math.Max(20, (packet[0] & 0xF) * 4) : 40;
        if (v4 && transport <= packet.Length)
        {
            Ipv4Header.UpdateChecksum(packet[..transport]);
        }

        int told = v4 ? BinaryPrimitives.ReadUInt16BigEndian(packet[2..]) : 40 + BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
        int end = Math.Min(packet.Length, told);
        byte protocol = packet[v4 ? 9 : 6];
        int at = protocol switch
        {
            IpProtocol.Tcp => TcpChecksum,
            IpProtocol.Udp => UdpChecksum,
            IpProtocol.Icmp or IpProtocol.IcmpV6 => IcmpChecksum,
            _ => -1,
        };
        if (at < 0 || transport + at + 2 > end)
        {
            return;
        }

        Span<byte> segment = packet[transport..end];
        BinaryPrimitives.WriteUInt16BigEndian(segment[at..], 0);
        IpAddr from = v4 ? IpAddr.ReadV4(packet[12..]) : IpAddr.ReadV6(packet[8..]);
        IpAddr to = v4 ? IpAddr.ReadV4(packet[16..]) : IpAddr.ReadV6(packet[24..]);
        uint pseudo = protocol == IpProtocol.Icmp ? 0 : Checksum.PseudoHeader(from, to, protocol, segment.Length);
        BinaryPrimitives.WriteUInt16BigEndian(segment[at..], Checksum.Finish(Checksum.Sum(segment, pseudo)));
    }
}
