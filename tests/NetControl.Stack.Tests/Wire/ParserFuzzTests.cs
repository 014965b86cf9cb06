using NetControl.Network;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;

namespace NetControl.Stack.Tests.Wire;

/// <summary>Broken packets by the hundred thousand: no exception, and every offset stays inside the packet.</summary>
public sealed class ParserFuzzTests
{
    [Fact]
    public void RandomBytes_NeverThrowAndNeverPointOutside()
    {
        Random random = new(7);
        byte[] bytes = new byte[200];
        for (int i = 0; i < 100_000; i++)
        {
            Span<byte> packet = bytes.AsSpan(0, random.Next(bytes.Length));
            random.NextBytes(packet);
            if (packet.Length > 0)
            {
                packet[0] = (byte)((i & 1) == 0 ? 0x40 | (packet[0] & 0x0F) : 0x60);
            }

            Check(packet);
        }
    }

    [Fact]
    public void ValidPackets_Mutated_NeverThrowAndNeverPointOutside()
    {
        byte[][] seeds = Seeds();
        Random random = new(11);
        byte[] bytes = new byte[300];
        for (int i = 0; i < 200_000; i++)
        {
            byte[] seed = seeds[i % seeds.Length];
            seed.CopyTo(bytes, 0);
            int length = random.Next(4) == 0 ? random.Next(seed.Length + 1) : seed.Length;
            for (int mutations = random.Next(4); mutations >= 0; mutations--)
            {
                bytes[random.Next(seed.Length)] = (byte)random.Next(256);
            }

            // Without a right header checksum the IPv4 parser would never be asked what lies behind it.
            if (bytes[0] >> 4 == 4 && random.Next(2) == 0)
            {
                Ipv4Header.UpdateChecksum(bytes.AsSpan(0, Math.Max(20, (bytes[0] & 0xF) * 4)));
            }

            Check(bytes.AsSpan(0, length));
        }
    }

    internal static byte[][] Seeds()
    {
        TcpOptions syn = new() { Mss = 1460, WindowScale = 7, SackPermitted = true, HasTimestamps = true, TsVal = 1 };
        TcpOptions ack = new() { HasTimestamps = true, TsVal = 1, TsEcr = 2 };
        ack.TryAddSack(new SequenceNumber(1), new SequenceNumber(2));
        List<byte[]> seeds = [];
        byte[] buffer = new byte[300];
        foreach ((string from, string to) in ((string, string)[])[("10.77.0.1:4000", "198.18.0.1:80"), ("[fd77::1]:4000", "[fd99::1]:443")])
        {
            AddrPort source = AddrPort.Parse(from);
            AddrPort destination = AddrPort.Parse(to);
            seeds.Add(buffer[..TcpPacket.Write(buffer, source, destination, default, default, TcpFlags.Syn, 1, in syn)]);
            seeds.Add(buffer[..TcpPacket.Write(buffer, source, destination, default, default, TcpFlags.Ack, 1, in ack, new byte[50])]);
            int udp = UdpPacket.Write(buffer, source, destination, new byte[30]);
            seeds.Add(buffer[..udp]);

            // An ICMP error that quotes the datagram.
            byte[] quote = buffer[..udp];
            byte type = (byte)(source.IsV4 ? 3 : 1);
            seeds.Add(buffer[..IcmpPacket.Write(buffer, destination.Address, source.Address, type, 3, 0, quote)]);
        }

        // Hop-by-hop, routing, and a fragment header in front of UDP.
        byte[] v6 = seeds[^2];
        seeds.Add([.. v6[..6], 0, .. v6[7..40], 43, 0, 1, 4, 0, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 1, 0, 0, 0, 1, .. v6[40..]]);
        return [.. seeds];
    }

    private static void Check(ReadOnlySpan<byte> packet)
    {
        CheckOne(packet, ChecksumTrust.Verify);
        CheckOne(packet, ChecksumTrust.KernelVouches);
    }

    private static void CheckOne(ReadOnlySpan<byte> packet, ChecksumTrust trust)
    {
        ParseResult result = ParsedPacket.TryParse(packet, trust, out ParsedPacket p);
        if (result is not (ParseResult.Ok or ParseResult.Fragment or ParseResult.UnsupportedProtocol))
        {
            return;
        }

        bool sound = p.TransportOffset >= 20 && p.TransportOffset <= p.PayloadOffset && p.PayloadLength >= 0
            && p.PayloadOffset + p.PayloadLength <= p.TotalLength && p.TotalLength <= packet.Length
            && p.IsFragment == (result == ParseResult.Fragment);
        Assert.True(sound, Convert.ToHexString(packet));
    }
}
