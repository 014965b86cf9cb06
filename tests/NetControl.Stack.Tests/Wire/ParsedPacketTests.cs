using System.Buffers.Binary;
using NetControl.Network;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;

namespace NetControl.Stack.Tests.Wire;

/// <summary>One pass over a packet: what is read, and why a packet is refused.</summary>
public sealed class ParsedPacketTests
{
    private readonly byte[] _buffer = new byte[70_000];

    [Fact]
    public void Tcp_LaidOutAsLinuxDoes_ParsesWithEveryField()
    {
        // A SYN byte by byte, 10.77.0.1:40000 > 198.18.0.1:80, with the options in the order that Linux writes them.
        const string hex = "4500003C1C4640004006" + "0000" + "0A4D0001" + "C6120001"
            + "9C400050" + "00000064" + "00000000" + "A002FAF0" + "00000000"
            + "020405B4" + "0402080A" + "00000001" + "00000000" + "01030307";
        byte[] packet = Convert.FromHexString(hex);
        Ipv4Header.UpdateChecksum(packet.AsSpan(0, 20));
        FixTransportChecksum(packet, 20, 16);
        Assert.Equal(ParseResult.Ok, ParsedPacket.TryParse(packet, ChecksumTrust.Verify, out ParsedPacket p));
        Assert.Equal("10.77.0.1:40000 > 198.18.0.1:80/6", p.Flow.ToString());
        Assert.Equal((20, 60, 0, 60), (p.TransportOffset, p.PayloadOffset, p.PayloadLength, p.TotalLength));
        Assert.Equal((100u, 0u, TcpFlags.Syn, 64240), (p.Seq.Value, p.Ack.Value, p.Flags, p.Window));
        Assert.Equal((1460, 7, true), (p.Options.Mss, p.Options.WindowScale, p.Options.SackPermitted));
        Assert.Equal((true, 1u), (p.Options.HasTimestamps, p.Options.TsVal));
        Assert.Equal((64, 0, 0x1C46u), (p.HopLimit, p.TrafficClass, p.FragmentId));
    }

    [Fact]
    public void Udp_KnownAnswer_HasTheRightChecksums()
    {
        // A DNS-sized datagram whose checksums were computed by hand: words 0a4d 0001 c612 0001 0011 000a + 0fa0 0035 000a + 6869.
        int length = UdpPacket.Write(_buffer, AddrPort.Parse("10.77.0.1:4000"), AddrPort.Parse("198.18.0.1:53"), "hi"u8);
        Assert.Equal(30, length);
        Assert.Equal((ushort)~Fold(0x0a4d + 0x0001 + 0xc612 + 0x0001 + 0x0011 + 0x000a + 0x0fa0 + 0x0035 + 0x000a + 0x6869), Read16(26));
        Assert.Equal((ushort)~Fold(0x4500 + 0x001e + 0x0000 + 0x4000 + 0x4011 + 0x0a4d + 0x0001 + 0xc612 + 0x0001), Read16(10));
    }

    [Theory]
    [InlineData("10.77.0.1:4000", "198.18.0.1:80")]
    [InlineData("[fd77::1]:4000", "[fd99::1]:443")]
    public void Tcp_WithPayloadAndTrailingBytes_IgnoresWhatLiesBehindTheTotalLength(string from, string to)
    {
        int length = WriteTcp(from, to, new byte[100]);
        Assert.Equal(ParseResult.Ok, ParsedPacket.TryParse(_buffer.AsSpan(0, length + 7), ChecksumTrust.Verify, out ParsedPacket p));
        Assert.Equal((length, 100), (p.TotalLength, p.PayloadLength));
        Assert.Equal((AddrPort.Parse(from), AddrPort.Parse(to)), (p.From, p.To));
        Assert.Equal(100, p.Payload(_buffer).Length);
        Assert.Equal(ParseResult.Malformed, Parse(length - 1));
    }

    [Theory]
    [InlineData("10.77.0.1:4000", "198.18.0.1:80", 65535 - 20 - 32)]
    [InlineData("[fd77::1]:4000", "[fd99::1]:443", 65535 - 32)]
    public void Tcp_SuperPacketOfTheLargestSize_ParsesLikeAnyOther(string from, string to, int payload)
    {
        int length = WriteTcp(from, to, new byte[payload]);
        Assert.Equal(ParseResult.Ok, ParsedPacket.TryParse(_buffer.AsSpan(0, length), ChecksumTrust.Verify, out ParsedPacket p));
        Assert.Equal(payload, p.PayloadLength);
    }

    [Theory]
    [InlineData("10.77.0.1:4000", "198.18.0.1:80")]
    [InlineData("[fd77::1]:4000", "[fd99::1]:443")]
    public void Transport_WithAPartialChecksum_IsRefusedUnlessTheKernelVouches(string from, string to)
    {
        TcpOptions options = default;
        (AddrPort source, AddrPort destination) = (AddrPort.Parse(from), AddrPort.Parse(to));
        int length = TcpPacket.WriteHeaders(_buffer, source, destination, default, default, TcpFlags.Ack, 1, in options, 9, 0);
        "gathered!"u8.CopyTo(_buffer.AsSpan(length));
        Assert.Equal(ParseResult.BadChecksum, Parse(length + 9));
        Assert.Equal(ParseResult.Ok, Parse(length + 9, ChecksumTrust.KernelVouches));

        // What a virtio device does with NEEDS_CSUM: sum from the transport header on, field included, and complement.
        byte[] byKernel = _buffer[..(length + 9)];
        int transport = byKernel[0] >> 4 == 4 ? 20 : 40;
        ushort sum = (ushort)~ChecksumTests.Reference(byKernel.AsSpan(transport), 0);
        BinaryPrimitives.WriteUInt16BigEndian(byKernel.AsSpan(transport + 16), sum);
        Assert.Equal(ParseResult.Ok, ParsedPacket.TryParse(byKernel, ChecksumTrust.Verify, out _));

        // And our own completion, with the payload cut at an odd place, agrees.
        TcpPacket.CompleteChecksum(_buffer.AsSpan(0, length), "gat"u8, "hered!"u8);
        Assert.Equal(byKernel, _buffer[..(length + 9)]);
    }

    [Fact]
    public void Checksum_WithAnyBitFlipped_IsRefused()
    {
        int length = WriteTcp("10.77.0.1:4000", "198.18.0.1:80", new byte[5]);
        for (int bit = 0; bit < length * 8; bit++)
        {
            _buffer[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(ParseResult.Ok, Parse(length));
            _buffer[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Udp_WithoutChecksum_IsFineInIpv4AndRefusedInIpv6()
    {
        int length = UdpPacket.Write(_buffer, AddrPort.Parse("10.77.0.1:4000"), AddrPort.Parse("198.18.0.1:53"), "hi"u8);
        _buffer.AsSpan(26, 2).Clear();
        Assert.Equal(ParseResult.Ok, Parse(length));
        length = UdpPacket.Write(_buffer, AddrPort.Parse("[fd77::1]:4000"), AddrPort.Parse("[fd99::1]:53"), "hi"u8);
        _buffer.AsSpan(46, 2).Clear();
        Assert.Equal(ParseResult.BadChecksum, Parse(length));
    }

    [Fact]
    public void Udp_WhoseChecksumComesOutAsZero_TravelsAsAllOnes()
    {
        // 0xFFFF is the complement of zero: choose the payload so that the sum of everything else is exactly that.
        AddrPort from = AddrPort.Parse("[fd77::1]:4000");
        AddrPort to = AddrPort.Parse("[fd99::1]:53");
        UdpPacket.Write(_buffer, from, to, [0, 0]);
        ushort missing = Read16(46);
        int length = UdpPacket.Write(_buffer, from, to, [(byte)(missing >> 8), (byte)missing]);
        Assert.Equal(0xFFFF, Read16(46));
        Assert.Equal(ParseResult.Ok, Parse(length));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(11)]
    public void Udp_WhoseLengthFieldIsWrong_IsMalformed(int claimed)
    {
        int length = UdpPacket.Write(_buffer, AddrPort.Parse("10.77.0.1:4000"), AddrPort.Parse("198.18.0.1:53"), "hi"u8);
        BinaryPrimitives.WriteUInt16BigEndian(_buffer.AsSpan(24), (ushort)claimed);
        Assert.Equal(ParseResult.Malformed, Parse(length, ChecksumTrust.KernelVouches));
    }

    [Fact]
    public void Udp_ShorterThanItsPacket_IgnoresTheRest()
    {
        int length = UdpPacket.Write(_buffer, AddrPort.Parse("10.77.0.1:4000"), AddrPort.Parse("198.18.0.1:53"), "hi"u8);
        BinaryPrimitives.WriteUInt16BigEndian(_buffer.AsSpan(2), (ushort)(length + 6));
        Ipv4Header.UpdateChecksum(_buffer.AsSpan(0, 20));
        Assert.Equal(ParseResult.Ok, ParsedPacket.TryParse(_buffer.AsSpan(0, length + 6), ChecksumTrust.Verify, out ParsedPacket p));
        Assert.Equal("hi"u8.ToArray(), p.Payload(_buffer).ToArray());
    }

    [Fact]
    public void Ipv4_WithOptions_FindsTheTransportBehindThem()
    {
        int length = UdpPacket.Write(_buffer, AddrPort.Parse("10.77.0.1:4000"), AddrPort.Parse("198.18.0.1:53"), "hi"u8);
        _buffer.AsSpan(20, length - 20).CopyTo(_buffer.AsSpan(28));
        _buffer.AsSpan(20, 8).Fill(1);
        _buffer[0] = 0x47;
        BinaryPrimitives.WriteUInt16BigEndian(_buffer.AsSpan(2), (ushort)(length + 8));
        Assert.Equal(ParseResult.BadChecksum, Parse(length + 8));
        Ipv4Header.UpdateChecksum(_buffer.AsSpan(0, 28));
        Assert.Equal(ParseResult.Ok, ParsedPacket.TryParse(_buffer.AsSpan(0, length + 8), ChecksumTrust.Verify, out ParsedPacket p));
        Assert.Equal((28, 36, 2), (p.TransportOffset, p.PayloadOffset, p.PayloadLength));
    }

    [Theory]
    [InlineData("0.0.0.0:1", "198.18.0.1:80", true)]
    [InlineData("127.0.0.1:1", "198.18.0.1:80", true)]
    [InlineData("224.0.0.1:1", "198.18.0.1:80", true)]
    [InlineData("255.255.255.255:1", "198.18.0.1:80", true)]
    [InlineData("10.77.0.1:1", "0.0.0.0:80", true)]
    [InlineData("10.77.0.1:1", "127.8.9.1:80", true)]
    [InlineData("10.77.0.1:80", "10.77.0.1:80", true)]
    [InlineData("10.77.0.1:81", "10.77.0.1:80", false)]
    [InlineData("10.77.0.1:80", "10.77.0.2:80", false)]
    [InlineData("[::]:1", "[fd99::1]:80", true)]
    [InlineData("[::1]:1", "[fd99::1]:80", true)]
    [InlineData("[ff02::1]:1", "[fd99::1]:80", true)]
    [InlineData("[fd77::1]:1", "[::]:80", true)]
    [InlineData("[fd77::1]:1", "[::1]:80", true)]
    [InlineData("[fd77::1]:80", "[fd77::1]:80", true)]
    [InlineData("[::2]:1", "[fd99::1]:80", false)]
    public void Addresses_ThatMustNotAppear_AreMartians(string from, string to, bool martian)
    {
        ParseResult expected = martian ? ParseResult.Martian : ParseResult.Ok;
        Assert.Equal(expected, Parse(WriteTcp(from, to, [])));
        Assert.Equal(expected, Parse(UdpPacket.Write(_buffer, AddrPort.Parse(from), AddrPort.Parse(to), default)));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(24)]
    public void Ipv6_WithAnIpv4MappedAddressInside_IsAMartian(int offset)
    {
        int length = UdpPacket.Write(_buffer, AddrPort.Parse("[fd77::1]:1"), AddrPort.Parse("[fd99::1]:2"), default);
        IpAddr.Parse("192.0.2.1").WriteV6(_buffer.AsSpan(offset));
        Assert.Equal(ParseResult.Martian, Parse(length, ChecksumTrust.KernelVouches));
    }

    [Theory]
    [InlineData("10.77.0.1:1", "224.0.0.251:5353")]
    [InlineData("10.77.0.1:1", "255.255.255.255:67")]
    [InlineData("[fd77::1]:1", "[ff02::fb]:5353")]
    public void Multicast_IsAMartianForTcpAndAFlagForUdp(string from, string to)
    {
        Assert.Equal(ParseResult.Martian, Parse(WriteTcp(from, to, [])));
        int length = UdpPacket.Write(_buffer, AddrPort.Parse(from), AddrPort.Parse(to), default);
        Assert.Equal(ParseResult.Ok, ParsedPacket.TryParse(_buffer.AsSpan(0, length), ChecksumTrust.Verify, out ParsedPacket p));
        Assert.True(p.IsMulticastDestination);
    }

    [Theory]
    [InlineData(132, true)]
    [InlineData(132, false)]
    [InlineData(58, true)]
    [InlineData(1, false)]
    [InlineData(59, false)]
    public void Transport_ThatIsNotCarried_IsUnsupportedWithValidIpFields(byte protocol, bool v4)
    {
        IpAddr from = IpAddr.Parse(v4 ? "10.77.0.1" : "fd77::1");
        int header = IpPacket.WriteHeader(_buffer, from, IpAddr.Parse(v4 ? "198.18.0.1" : "fd99::1"), protocol, 12);
        ReadOnlySpan<byte> packet = _buffer.AsSpan(0, header + 12);
        Assert.Equal(ParseResult.UnsupportedProtocol, ParsedPacket.TryParse(packet, ChecksumTrust.Verify, out ParsedPacket p));
        Assert.Equal((from, protocol, header, 12), (p.Source, p.Protocol, p.TransportOffset, p.PayloadLength));
    }

    [Fact]
    public void Icmp_OfBothFamilies_GivesTypeCodeAndRest()
    {
        int length = IcmpPacket.Write(_buffer, IpAddr.Parse("10.77.0.1"), IpAddr.Parse("198.18.0.1"), 8, 0, 0x0001_0002, "ping"u8);
        Assert.Equal(ParseResult.Ok, ParsedPacket.TryParse(_buffer.AsSpan(0, length), ChecksumTrust.Verify, out ParsedPacket p));
        Assert.Equal((8, 0, 0x0001_0002u, 4), (p.IcmpType, p.IcmpCode, p.IcmpRest, p.PayloadLength));
        _buffer[length - 1] ^= 1;
        Assert.Equal(ParseResult.BadChecksum, Parse(length));

        length = IcmpPacket.Write(_buffer, IpAddr.Parse("fd77::1"), IpAddr.Parse("fd99::1"), 128, 0, 0x0001_0002, "ping"u8);
        Assert.Equal(ParseResult.Ok, Parse(length));
        _buffer[length - 1] ^= 1;
        Assert.Equal(ParseResult.BadChecksum, Parse(length));
    }

    private ParseResult Parse(int length, ChecksumTrust trust = ChecksumTrust.Verify) =>
        ParsedPacket.TryParse(_buffer.AsSpan(0, length), trust, out _);

    private ushort Read16(int offset) => BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(offset));

    private int WriteTcp(string from, string to, ReadOnlySpan<byte> payload)
    {
        TcpOptions options = new() { HasTimestamps = true, TsVal = 1, TsEcr = 2 };
        return TcpPacket.Write(_buffer, AddrPort.Parse(from), AddrPort.Parse(to), new(1), new(2), TcpFlags.Ack, 500, in options, payload);
    }

    private static ushort Fold(int sum) => (ushort)((sum & 0xFFFF) + (sum >> 16));

    private static void FixTransportChecksum(Span<byte> packet, int transport, int field)
    {
        Span<byte> pseudo = [.. packet.Slice(12, 8), 0, packet[9], 0, (byte)(packet.Length - transport)];
        ushort sum = ChecksumTests.Reference(packet[transport..], ChecksumTests.Reference(pseudo, 0));
        BinaryPrimitives.WriteUInt16BigEndian(packet[(transport + field)..], (ushort)~sum);
    }
}
