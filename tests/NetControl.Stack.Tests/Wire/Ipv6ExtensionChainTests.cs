using System.Buffers.Binary;
using NetControl.Network;
using NetControl.Stack.Wire;

namespace NetControl.Stack.Tests.Wire;

/// <summary>IPv6 extension headers: which are walked, which stop a packet.</summary>
public sealed class Ipv6ExtensionChainTests
{
    private static readonly AddrPort From = AddrPort.Parse("[fd77::1]:4000");
    private static readonly AddrPort To = AddrPort.Parse("[fd99::1]:53");
    private static readonly byte[] PadOptions = [1, 4, 0, 0, 0, 0];

    [Fact]
    public void Udp_BehindEveryKindOfExtension_IsFound()
    {
        byte[] packet = Build(
            (IpProtocol.HopByHop, Options(PadOptions)),
            (IpProtocol.DestinationOptions, Options([0x04, 1, 3, 0, 0, 0])),
            (IpProtocol.Routing, [0, 0, 2, 0, 0, 0, 0, 0]),
            (IpProtocol.Fragment, [0, 0, 0, 0, 0, 0, 0, 9]),
            (IpProtocol.Authentication, [0, 1, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]));
        Assert.Equal(ParseResult.Ok, ParsedPacket.TryParse(packet, ChecksumTrust.Verify, out ParsedPacket p));
        Assert.Equal((From, To, IpProtocol.Udp), (p.From, p.To, p.Protocol));
        Assert.Equal((40 + 44, 40 + 44 + 8, 5), (p.TransportOffset, p.PayloadOffset, p.PayloadLength));
        Assert.False(p.IsFragment, "an atomic fragment is a whole packet (RFC 6946)");
        Assert.Equal(9u, p.FragmentId);
    }

    [Fact]
    public void HopByHop_AnywhereButFirst_IsANextHeaderThatNobodyKnows() => Expect(
        Build((IpProtocol.DestinationOptions, Options(PadOptions)), (IpProtocol.HopByHop, Options(PadOptions))),
        ParseResult.UnsupportedProtocol,
        IpProblem.NextHeader,
        40);

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(253)]
    public void Routing_WithSegmentsLeft_IsRefusedAtItsType(byte type) => Expect(
        Build((IpProtocol.DestinationOptions, Options(PadOptions)), (IpProtocol.Routing, [0, 0, type, 1, 0, 0, 0, 0])),
        ParseResult.SourceRoute,
        IpProblem.HeaderField,
        50);

    [Theory]
    [InlineData(0)]
    [InlineData(253)]
    public void Routing_WithoutSegmentsLeft_IsSkipped(byte type) =>
        Expect(Build((IpProtocol.Routing, [0, 0, type, 0, 0, 0, 0, 0])), ParseResult.Ok, IpProblem.None, 0);

    [Theory]
    [InlineData(0x05, ParseResult.Ok, IpProblem.None)]
    [InlineData(0x3E, ParseResult.Ok, IpProblem.None)]
    [InlineData(0x45, ParseResult.BadOption, IpProblem.None)]
    [InlineData(0x85, ParseResult.BadOption, IpProblem.OptionForAll)]
    [InlineData(0xC2, ParseResult.BadOption, IpProblem.Option)]
    public void Option_ThatIsUnknown_StopsThePacketWhenItsHighBitsSaySo(byte type, ParseResult expected, IpProblem problem)
    {
        foreach (byte header in (byte[])[IpProtocol.HopByHop, IpProtocol.DestinationOptions])
        {
            int pointer = problem == IpProblem.None ? 0 : expected == ParseResult.Ok ? 0 : 44;
            Expect(Build((header, [0, 0, 1, 0, type, 2, 0, 0])), expected, problem, pointer);
        }
    }

    [Fact]
    public void Option_LongerThanItsHeader_IsRefused() =>
        Expect(Build((IpProtocol.DestinationOptions, Options([5, 9, 0, 0, 0, 0]))), ParseResult.BadOption, IpProblem.HeaderField, 42);

    [Fact]
    public void TwoFaults_TheFirstDecides_AndTheTransportIsStillFound()
    {
        byte[] packet = Build(
            (IpProtocol.HopByHop, Options([0x45, 4, 0, 0, 0, 0])), (IpProtocol.DestinationOptions, Options([0xC5, 4, 0, 0, 0, 0])));
        Expect(packet, ParseResult.BadOption, IpProblem.None, 0);
        ParsedPacket.TryParse(packet, ChecksumTrust.Verify, out ParsedPacket p);
        Assert.Equal((IpProtocol.Udp, 56), (p.Protocol, p.TransportOffset));
    }

    [Theory]
    [InlineData(50, 40)]
    [InlineData(135, 40)]
    [InlineData(1, 40)]
    public void NextHeader_ThatNobodyKnows_IsRefusedWhereItIsAnnounced(byte protocol, int pointer)
    {
        byte[] packet = Build((IpProtocol.DestinationOptions, Options(PadOptions)));
        packet[40] = protocol;
        Expect(packet, ParseResult.UnsupportedProtocol, IpProblem.NextHeader, pointer);
        packet[6] = protocol;
        Expect(packet, ParseResult.UnsupportedProtocol, IpProblem.NextHeader, 6);
    }

    [Fact]
    public void NoNextHeader_IsNoProblem()
    {
        byte[] packet = Build((IpProtocol.DestinationOptions, Options(PadOptions)));
        packet[40] = IpProtocol.NoNextHeader;
        Expect(packet, ParseResult.UnsupportedProtocol, IpProblem.None, 0);
    }

    [Fact]
    public void Jumbogram_IsAnOptionThatIsNotKnown()
    {
        byte[] packet = Build((IpProtocol.HopByHop, Options([0xC2, 4, 0, 1, 0, 0])));
        packet[4] = packet[5] = 0;
        Expect(packet, ParseResult.BadOption, IpProblem.Option, 42);
        packet[42] = 1;
        Expect(packet, ParseResult.Malformed, IpProblem.None, 0);
    }

    [Theory]
    [InlineData(IpProtocol.Udp, 0, true)]
    [InlineData(IpProtocol.Tcp, 8, true)]
    [InlineData(IpProtocol.DestinationOptions, 8, true)]
    [InlineData(IpProtocol.Udp, 8, false)]
    [InlineData(IpProtocol.Tcp, 24, false)]
    [InlineData(IpProtocol.DestinationOptions, 16, false)]
    public void FirstFragment_WithoutTheWholeHeaderChain_IsRefused(byte next, int length, bool refused)
    {
        byte[] data = new byte[Math.Max(8, length)];
        data[0] = IpProtocol.Udp;
        byte[] packet = Build((IpProtocol.Fragment, [0, 0, 0, 1, 0, 0, 0, 7]));
        packet[40] = next;
        packet = [.. packet[..48], .. data[..length]];
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(packet.Length - 40));
        if (length == 0)
        {
            Expect(packet, ParseResult.Malformed, IpProblem.HeaderField, 4);
        }
        else if (refused)
        {
            Expect(packet, ParseResult.BadExtension, IpProblem.IncompleteChain, 0);
        }
        else
        {
            Expect(packet, ParseResult.Fragment, IpProblem.None, 0);
        }
    }

    [Fact]
    public void AtomicFragments_OneBehindTheOther_AreAWholePacket() => Expect(
        Build((IpProtocol.Fragment, [0, 0, 0, 0, 0, 0, 0, 9]), (IpProtocol.Fragment, [0, 0, 0, 0, 0, 0, 0, 8])),
        ParseResult.Ok,
        IpProblem.None,
        0);

    [Fact]
    public void Extensions_WithoutEnd_AreRefused()
    {
        (byte, byte[])[] nine = new (byte, byte[])[9];
        Array.Fill(nine, (IpProtocol.DestinationOptions, Options(PadOptions)));
        Expect(Build(nine), ParseResult.BadExtension, IpProblem.TooManyExtensions, 40 + 64);
        Assert.Equal(ParseResult.Ok, Parse(Build(nine[..8])));
    }

    [Fact]
    public void Extension_LongerThanThePacket_IsMalformed()
    {
        byte[] packet = Build((IpProtocol.DestinationOptions, Options(PadOptions)));
        packet[41] = 200;
        Assert.Equal(ParseResult.Malformed, Parse(packet));
    }

    [Fact]
    public void Fragment_ThatIsNotAtomic_GivesItsPlaceAndItsAnnouncement()
    {
        byte[] packet = Build(
            (IpProtocol.HopByHop, Options(PadOptions)), (IpProtocol.Fragment, [0, 0, 0x01, 0x00, 0, 0, 0, 7]));
        Assert.Equal(ParseResult.Fragment, ParsedPacket.TryParse(packet, ChecksumTrust.Verify, out ParsedPacket p));
        Assert.Equal((7u, 256, false, true), (p.FragmentId, p.FragmentOffset, p.MoreFragments, p.IsFragment));
        Assert.Equal((48, 40, 56), (p.FragmentHeaderOffset, p.FragmentAnnouncementOffset, p.TransportOffset));
        Assert.Equal((IpProtocol.Udp, 13), (p.Protocol, p.PayloadLength));

        // RFC 8200 section 4.5: all but the last are multiples of eight; the report points to the payload length.
        packet[51] |= 1;
        Expect(packet, ParseResult.Malformed, IpProblem.HeaderField, 4);
    }

    [Fact]
    public void Fragment_ReachingBeyondTheLargestPacket_IsRefusedAtItsOffset() =>
        Expect(Build((IpProtocol.Fragment, [0, 0, 0xFF, 0xF8, 0, 0, 0, 7])), ParseResult.Malformed, IpProblem.HeaderField, 42);

    private static void Expect(byte[] packet, ParseResult result, IpProblem problem, int pointer)
    {
        ParseResult actual = ParsedPacket.TryParse(packet, ChecksumTrust.Verify, out ParsedPacket p);
        Assert.Equal((result, problem, pointer), (actual, p.Problem, p.ProblemPointer));
    }

    private static ParseResult Parse(byte[] packet) => ParsedPacket.TryParse(packet, ChecksumTrust.Verify, out _);

    private static byte[] Options(byte[] six) => [0, 0, .. six];

    // A UDP datagram of five bytes with the given extension headers between, each announcing the next.
    private static byte[] Build(params (byte Protocol, byte[] Header)[] extensions)
    {
        byte[] plain = new byte[53];
        UdpPacket.Write(plain, From, To, "hello"u8);
        List<byte> packet = [.. plain[..40]];
        int announcement = 6;
        foreach ((byte protocol, byte[] header) in extensions)
        {
            packet[announcement] = protocol;
            announcement = packet.Count;
            packet.AddRange(header);
        }

        packet[announcement] = IpProtocol.Udp;
        packet.AddRange(plain[40..]);
        byte[] whole = [.. packet];
        BinaryPrimitives.WriteUInt16BigEndian(whole.AsSpan(4), (ushort)(whole.Length - 40));
        return whole;
    }
}
