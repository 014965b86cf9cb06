using CsCheck;
using NetControl.Network;
using NetControl.Stack.Icmp;
using NetControl.Stack.Ip;
using NetControl.Stack.Wire;

namespace NetControl.Stack.Tests.Ip;

/// <summary>Fragments: whatever order they come in, the packet is whole or it is gone.</summary>
public sealed class ReassemblerTests
{
    private static readonly Instant Start = new(1_000_000);

    public static TheoryData<bool> Families => [true, false];

    [Theory]
    [MemberData(nameof(Families))]
    public void Fragments_InAnyOrderWithDuplicates_GiveThePacketBack(bool v4) =>
        Gen.Select(Gen.Int[1500, 9000], Gen.Int[1280, 1500], Gen.Int).Sample((size, mtu, seed) =>
        {
            byte[] packet = Datagram(v4, size, 1);
            List<byte[]> fragments = FragmenterTests.Split(packet, mtu, 77);
            Random random = new(seed);
            List<byte[]> arriving = [.. fragments, .. fragments.Take(fragments.Count - 1)];
            byte[][] order = [.. arriving.OrderBy(_ => random.Next())];
            Reassembler reassembler = new();
            byte[]? whole = null;
            foreach (byte[] fragment in order)
            {
                ReassemblyResult result = Add(reassembler, fragment, Start, out byte[] bytes);
                if (result == ReassemblyResult.Complete)
                {
                    whole = bytes;
                    break;
                }

                Assert.True(result is ReassemblyResult.Held or ReassemblyResult.Duplicate, result.ToString());
            }

            AssertSamePacket(packet, whole!);
            Assert.Equal((0, 0L), (reassembler.Count, reassembler.Bytes));
        }, iter: 200);

    [Theory]
    [MemberData(nameof(Families))]
    public void Fragments_OfTheLargestDatagram_InReverse_GiveThePacketBack(bool v4)
    {
        byte[] packet = Datagram(v4, UdpPacket.MaxPayload(Client(v4).Address), 1);
        List<byte[]> fragments = FragmenterTests.Split(packet, 1500, 1);
        fragments.Reverse();
        AssertSamePacket(packet, Reassemble(new Reassembler(), fragments));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Fragments_OfTwoDatagramsMixed_DoNotMix(bool v4)
    {
        byte[] first = Datagram(v4, 3000, 1);
        byte[] second = Datagram(v4, 3000, 2);
        Reassembler reassembler = new();
        List<byte[]> ones = FragmenterTests.Split(first, 1280, 1);
        List<byte[]> twos = FragmenterTests.Split(second, 1280, 2);
        for (int i = 0; i < ones.Count - 1; i++)
        {
            Assert.Equal(ReassemblyResult.Held, Add(reassembler, ones[i], Start, out _));
            Assert.Equal(ReassemblyResult.Held, Add(reassembler, twos[i], Start, out _));
        }

        Assert.Equal(ReassemblyResult.Complete, Add(reassembler, twos[^1], Start, out byte[] whole));
        AssertSamePacket(second, whole);
        Assert.Equal(ReassemblyResult.Complete, Add(reassembler, ones[^1], Start, out whole));
        AssertSamePacket(first, whole);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Overlap_ThatIsNoDuplicate_CondemnsTheDatagramAndAllThatStillComes(bool v4)
    {
        byte[] packet = Datagram(v4, 4000, 1);
        List<byte[]> coarse = FragmenterTests.Split(packet, 1500, 5);
        List<byte[]> fine = FragmenterTests.Split(packet, 1280, 5);
        Reassembler reassembler = new();
        Assert.Equal(ReassemblyResult.Held, Add(reassembler, coarse[0], Start, out _));
        Assert.Equal(ReassemblyResult.Overlap, Add(reassembler, fine[1], Start, out _));
        Assert.Equal(0, reassembler.Bytes);
        Assert.Equal(1, reassembler.Count);
        foreach (byte[] fragment in coarse)
        {
            Assert.Equal(ReassemblyResult.Overlap, Add(reassembler, fragment, Start, out _));
        }

        // Its identification is free again when its time is over.
        Instant later = Start + Reassembler.TimeoutV6Micros;
        Assert.True(reassembler.TryExpire(later, out ReadOnlySpan<byte> firstFragment));
        Assert.True(firstFragment.IsEmpty);
        AssertSamePacket(packet, Reassemble(reassembler, coarse, later));
    }

    [Fact]
    public void Duplicate_WithOtherBytes_IsAnOverlap()
    {
        List<byte[]> fragments = FragmenterTests.Split(Datagram(true, 3000, 1), 1500, 5);
        Reassembler reassembler = new();
        Assert.Equal(ReassemblyResult.Held, Add(reassembler, fragments[0], Start, out _));
        Assert.Equal(ReassemblyResult.Duplicate, Add(reassembler, fragments[0], Start, out _));
        fragments[0][100] ^= 1;
        Assert.Equal(ReassemblyResult.Overlap, Add(reassembler, fragments[0], Start, out _));
    }

    [Fact]
    public void Ends_ThatContradictEachOther_CondemnTheDatagram()
    {
        List<byte[]> fragments = FragmenterTests.Split(Datagram(true, 4000, 1), 1500, 5);
        byte[] earlyEnd = fragments[0][..28];
        Fix(earlyEnd, offset: 8, more: false);
        Reassembler reassembler = new();
        Assert.Equal(ReassemblyResult.Held, Add(reassembler, fragments[1], Start, out _));
        Assert.Equal(ReassemblyResult.Inconsistent, Add(reassembler, earlyEnd, Start, out _));

        reassembler = new Reassembler();
        byte[] beyond = fragments[0][..28];
        Fix(beyond, offset: 8000, more: true);
        Assert.Equal(ReassemblyResult.Held, Add(reassembler, fragments[^1], Start, out _));
        Assert.Equal(ReassemblyResult.Inconsistent, Add(reassembler, beyond, Start, out _));
    }

    [Theory]
    [InlineData(true, 60)]
    [InlineData(false, 60)]
    public void Timeout_WithTheFirstFragmentThere_HandsItBackForTheTimeExceeded(bool v4, int seconds)
    {
        List<byte[]> fragments = FragmenterTests.Split(Datagram(v4, 4000, 1), 1500, 5);
        Reassembler reassembler = new();
        Add(reassembler, fragments[1], Start, out _);
        Add(reassembler, fragments[0], Start, out _);
        Instant deadline = Start + (seconds * 1_000_000L);
        Assert.Equal(deadline, reassembler.NextDeadline);
        Assert.False(reassembler.TryExpire(deadline + -1, out _));
        Assert.True(reassembler.TryExpire(deadline, out ReadOnlySpan<byte> first));
        Assert.Equal(fragments[0], first.ToArray());
        byte[] error = new byte[IcmpErrors.MaxLength];
        int length = IcmpErrors.WriteTimeExceeded(error, first, duringReassembly: true);
        Assert.Contains("time exceeded code 1", PacketText.Format(error.AsSpan(0, length)), StringComparison.Ordinal);
        Assert.False(reassembler.TryExpire(deadline, out _));
        Assert.Equal((0, 0L, Instant.Never), (reassembler.Count, reassembler.Bytes, reassembler.NextDeadline));
    }

    [Fact]
    public void Timeout_NotYetNoticed_DoesNotJoinOldFragmentsToNewOnes()
    {
        List<byte[]> fragments = FragmenterTests.Split(Datagram(true, 2500, 1), 1500, 5);
        Reassembler reassembler = new();
        Add(reassembler, fragments[0], Start, out _);
        Assert.Equal(ReassemblyResult.Held, Add(reassembler, fragments[1], Start + Reassembler.TimeoutV4Micros, out _));
        Assert.Equal(1, reassembler.Count);
    }

    [Fact]
    public void Flood_OfFirstFragments_StaysWithinItsBoundsAndLetsTheNewestThrough()
    {
        Reassembler reassembler = new(maxBytes: 64 << 10, maxDatagrams: 16);
        for (uint id = 0; id < 1000; id++)
        {
            List<byte[]> fragments = FragmenterTests.Split(Datagram(true, 4000, 1), 1500, id);
            Assert.Equal(ReassemblyResult.Held, Add(reassembler, fragments[id % 2 == 0 ? 0 : ^1], Start, out _));
            Assert.InRange(reassembler.Count, 1, 16);
            Assert.InRange(reassembler.Bytes, 1, 64 << 10);
        }

        Assert.True(reassembler.Evicted >= 984);
        byte[] packet = Datagram(true, 4000, 9);
        AssertSamePacket(packet, Reassemble(reassembler, FragmenterTests.Split(packet, 1500, 5000)));
        packet = Datagram(true, 60_000, 9);
        byte[] last = FragmenterTests.Split(packet, 1500, 1)[^1];
        Assert.Equal(ReassemblyResult.Limit, Add(new Reassembler(maxBytes: 1000), last, Start, out _));
    }

    [Fact]
    public void Fragments_WithExtensionHeadersInFront_KeepThemAndLoseTheFragmentHeader()
    {
        byte[] packet = Datagram(false, 2500, 1);
        Reassembler reassembler = new();
        ReassemblyResult result = ReassemblyResult.Held;
        byte[] whole = [];
        foreach (byte[] fragment in FragmenterTests.Split(packet, 1280, 5))
        {
            // Destination options between the fixed and the fragment header.
            byte[] options = [IpProtocol.Fragment, 0, 1, 4, 0, 0, 0, 0];
            byte[] extended = [.. fragment[..6], IpProtocol.DestinationOptions, .. fragment[7..40], .. options, .. fragment[40..]];
            int payload = extended.Length - 40;
            (extended[4], extended[5]) = ((byte)(payload >> 8), (byte)payload);
            result = Add(reassembler, extended, Start, out whole);
        }

        Assert.Equal(ReassemblyResult.Complete, result);
        Assert.Equal(packet.Length + 8, whole.Length);
        Assert.Equal(ParseResult.Ok, ParsedPacket.TryParse(whole, ChecksumTrust.Verify, out ParsedPacket p));
        Assert.Equal((48, 2500), (p.TransportOffset, p.PayloadLength));
    }

    [Fact]
    public void Fragments_AddingUpToMoreThanAPacket_AreRefused()
    {
        // Options make the header longer than the parser could know from the last fragment alone.
        byte[] last = FragmenterTests.Split(Datagram(true, 65_507, 1), 1500, 5)[^1];
        byte[] header = [0x46, .. last[1..20], 1, 1, 1, 1];
        List<byte[]> fragments = FragmenterTests.Split(Datagram(true, 65_507, 1), 1500, 5);
        fragments[0] = [.. header, .. fragments[0][20..]];
        Fix(fragments[0], offset: 0, more: true);
        Reassembler reassembler = new();
        ReassemblyResult result = ReassemblyResult.Held;
        foreach (byte[] fragment in fragments)
        {
            result = Add(reassembler, fragment, Start, out _);
        }

        Assert.Equal(ReassemblyResult.TooLarge, result);
        Assert.Equal(0, reassembler.Bytes);
    }

    [Fact]
    public void RandomFragments_NeverThrowAndNeverExceedTheBounds()
    {
        Random random = new(3);
        Reassembler reassembler = new(maxBytes: 256 << 10, maxDatagrams: 8);
        byte[][] fragments =
        [
            .. FragmenterTests.Split(Datagram(true, 5000, 1), 1500, 5), .. FragmenterTests.Split(Datagram(false, 5000, 1), 1500, 5),
        ];
        Instant now = Start;
        for (int i = 0; i < 50_000; i++)
        {
            byte[] fragment = [.. fragments[random.Next(fragments.Length)]];
            for (int mutations = random.Next(4); mutations > 0; mutations--)
            {
                fragment[random.Next(fragment[0] >> 4 == 4 ? 20 : 48)] = (byte)random.Next(256);
            }

            if (fragment[0] >> 4 == 4 && fragment[0] == 0x45)
            {
                Ipv4Header.UpdateChecksum(fragment.AsSpan(0, 20));
            }

            if (ParsedPacket.TryParse(fragment, ChecksumTrust.Verify, out ParsedPacket parsed) == ParseResult.Fragment)
            {
                reassembler.Add(fragment, in parsed, now, out ReadOnlySpan<byte> whole);
                ParsedPacket.TryParse(whole, ChecksumTrust.Verify, out _);
            }

            Assert.InRange(reassembler.Count, 0, 8);
            Assert.InRange(reassembler.Bytes, 0, 256 << 10);
            now += 100_000;
            reassembler.TryExpire(now, out _);
        }
    }

    private static AddrPort Client(bool v4) => AddrPort.Parse(v4 ? "10.77.0.1:4000" : "[fd77::1]:4000");

    private static byte[] Datagram(bool v4, int payload, int seed)
    {
        byte[] bytes = new byte[payload];
        new Random(seed).NextBytes(bytes);
        byte[] packet = new byte[payload + UdpPacket.HeadersLength(Client(v4).Address)];
        UdpPacket.Write(packet, Client(v4), AddrPort.Parse(v4 ? "198.18.0.1:53" : "[fd99::1]:53"), bytes);
        return packet;
    }

    private static ReassemblyResult Add(Reassembler reassembler, byte[] fragment, Instant now, out byte[] whole)
    {
        Assert.Equal(ParseResult.Fragment, ParsedPacket.TryParse(fragment, ChecksumTrust.Verify, out ParsedPacket parsed));
        ReassemblyResult result = reassembler.Add(fragment, in parsed, now, out ReadOnlySpan<byte> bytes);
        whole = bytes.ToArray();
        return result;
    }

    private static byte[] Reassemble(Reassembler reassembler, List<byte[]> fragments, Instant? now = null)
    {
        byte[] whole = [];
        for (int i = 0; i < fragments.Count; i++)
        {
            ReassemblyResult expected = i == fragments.Count - 1 ? ReassemblyResult.Complete : ReassemblyResult.Held;
            Assert.Equal(expected, Add(reassembler, fragments[i], now ?? Start, out whole));
        }

        return whole;
    }

    // The transport's checksum is over everything that matters; the IPv4 header differs in identification and DF.
    private static void AssertSamePacket(byte[] expected, byte[] whole)
    {
        Assert.Equal(expected.Length, whole.Length);
        Assert.Equal(ParseResult.Ok, ParsedPacket.TryParse(whole, ChecksumTrust.Verify, out _));
        int header = expected[0] >> 4 == 4 ? 20 : 40;
        Assert.True(expected.AsSpan(header).SequenceEqual(whole.AsSpan(header)), "other bytes");
        Assert.Equal(PacketText.Format(expected), PacketText.Format(whole));
    }

    private static void Fix(byte[] v4, int offset, bool more)
    {
        (v4[2], v4[3]) = ((byte)(v4.Length >> 8), (byte)v4.Length);
        int word = (offset >> 3) | (more ? 0x2000 : 0);
        (v4[6], v4[7]) = ((byte)(word >> 8), (byte)word);
        Ipv4Header.UpdateChecksum(v4.AsSpan(0, (v4[0] & 15) * 4));
    }
}
