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
    public void HopByHop_AnywhereButFirst_IsMalformed() => Assert.Equal(
        ParseResult.Malformed,
        Parse(Build((IpProtocol.DestinationOptions, Options(PadOptions)), (IpProtocol.HopByHop, Options(PadOptions)))));

    [Fact]
    public void Routing_WithSegmentsLeft_IsUnsupported() =>
        Assert.Equal(ParseResult.UnsupportedProtocol, Parse(Build((IpProtocol.Routing, [0, 0, 0, 1, 0, 0, 0, 0]))));

    [Theory]
    [InlineData(0x05, ParseResult.Ok)]
    [InlineData(0x45, ParseResult.UnsupportedProtocol)]
    [InlineData(0x85, ParseResult.UnsupportedProtocol)]
    [InlineData(0xC2, ParseResult.UnsupportedProtocol)]
    public void Option_ThatIsUnknown_StopsThePacketWhenItsHighBitsSaySo(byte type, ParseResult expected) =>
        Assert.Equal(expected, Parse(Build((IpProtocol.HopByHop, Options([type, 4, 0, 0, 0, 0])))));

    [Fact]
    public void Extensions_WithoutEnd_AreMalformed()
    {
        (byte, byte[])[] nine = new (byte, byte[])[9];
        Array.Fill(nine, (IpProtocol.DestinationOptions, Options(PadOptions)));
        Assert.Equal(ParseResult.Malformed, Parse(Build(nine)));
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

        packet[51] |= 1;
        Assert.Equal(ParseResult.Malformed, Parse(packet));
    }

    [Fact]
    public void Fragment_ReachingBeyondTheLargestPacket_IsMalformed() =>
        Assert.Equal(ParseResult.Malformed, Parse(Build((IpProtocol.Fragment, [0, 0, 0xFF, 0xF8, 0, 0, 0, 7]))));

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
