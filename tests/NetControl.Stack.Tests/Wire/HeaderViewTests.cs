using CsCheck;
using NetControl.Network;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;

namespace NetControl.Stack.Tests.Wire;

/// <summary>Header views: reading mirrors writing, and views refuse what does not fit.</summary>
public sealed class HeaderViewTests
{
    private static readonly IpAddr V4 = IpAddr.Parse("192.0.2.1");
    private static readonly IpAddr OtherV4 = IpAddr.Parse("198.51.100.7");
    private static readonly IpAddr V6 = IpAddr.Parse("2001:db8::1");
    private static readonly IpAddr OtherV6 = IpAddr.Parse("2001:db8:1::ffff");

    [Fact]
    public void Ipv4_Written_ReadsBack() =>
        Gen.Select(Gen.Byte, Gen.Int[20, 65535], Gen.UShort, Gen.UShort, Gen.Byte, Gen.Byte).Sample((protocol, total, id, word, ttl, tos) =>
        {
            byte[] bytes = new byte[24];
            Assert.Equal(20, Ipv4Header.Write(bytes, V4, OtherV4, protocol, total, id, word, ttl, tos));
            Assert.True(Ipv4Header.TryParse(bytes, out Ipv4Header header));
            Assert.True(header.IsChecksumValid);
            Assert.True(Ipv4Header.IsPlainChecksumValid(bytes));
            Assert.Equal((20, protocol, total), (header.Length, header.Protocol, header.TotalLength));
            Assert.Equal((id, ttl, tos), (header.Id, header.Ttl, header.Tos));
            Assert.Equal((V4, OtherV4), (header.Source, header.Destination));
            Assert.Equal(((word & 0x4000) != 0, (word & 0x2000) != 0), (header.DontFragment, header.MoreFragments));
            Assert.Equal((word & 0x1FFF) * 8, header.FragmentOffset);
        });

    [Fact]
    public void Ipv6_Written_ReadsBack() =>
        Gen.Select(Gen.Byte, Gen.UShort, Gen.Byte, Gen.Byte, Gen.UInt[0, 0xF_FFFF]).Sample((next, length, hops, traffic, label) =>
        {
            byte[] bytes = new byte[40];
            Assert.Equal(40, Ipv6Header.Write(bytes, V6, OtherV6, next, length, hops, traffic, label));
            Assert.True(Ipv6Header.TryParse(bytes, out Ipv6Header header));
            Assert.Equal((next, length, hops), (header.NextHeader, header.PayloadLength, header.HopLimit));
            Assert.Equal((traffic, label), (header.TrafficClass, header.FlowLabel));
            Assert.Equal((V6, OtherV6), (header.Source, header.Destination));
        });

    [Fact]
    public void Tcp_Written_ReadsBack() =>
        Gen.Select(Gen.UShort, Gen.UShort, Gen.UInt, Gen.UInt, Gen.Byte, Gen.UShort, Gen.UShort)
            .Sample((from, to, seq, ack, flags, window, sum) =>
        {
            byte[] bytes = new byte[60];
            TcpOptions options = new() { HasTimestamps = true, TsVal = seq, TsEcr = ack };
            Assert.Equal(32, TcpHeader.Write(bytes, from, to, new(seq), new(ack), (TcpFlags)flags, window, sum, in options));
            Assert.True(TcpHeader.TryParse(bytes, out TcpHeader header));
            Assert.Equal((from, to), (header.SourcePort, header.DestinationPort));
            Assert.Equal((seq, ack), (header.Sequence.Value, header.Acknowledgment.Value));
            Assert.Equal(((TcpFlags)flags, window, sum, 0), (header.Flags, header.Window, header.ChecksumField, header.Urgent));
            Assert.Equal(32, header.Length);
            Assert.Equal(12, header.Options.Length);
        });

    [Fact]
    public void UdpAndIcmp_Written_ReadBack() =>
        Gen.Select(Gen.UShort, Gen.UShort, Gen.Int[8, 40], Gen.UShort, Gen.UInt).Sample((from, to, length, sum, rest) =>
        {
            byte[] bytes = new byte[40];
            Assert.Equal(8, UdpHeader.Write(bytes, from, to, length, sum));
            Assert.True(UdpHeader.TryParse(bytes, out UdpHeader udp));
            Assert.Equal((from, to, length, sum), (udp.SourcePort, udp.DestinationPort, udp.DatagramLength, udp.ChecksumField));
            Assert.False(UdpHeader.TryParse(bytes.AsSpan(0, length - 1), out _));

            Assert.Equal(8, IcmpHeader.Write(bytes, (byte)from, (byte)to, sum, rest));
            Assert.True(IcmpHeader.TryParse(bytes, out IcmpHeader icmp));
            Assert.Equal(((byte)from, (byte)to, sum, rest), (icmp.Type, icmp.Code, icmp.ChecksumField, icmp.Rest));
        });

    [Fact]
    public void Views_OfTooFewBytesOrWrongLengths_AreRefused()
    {
        byte[] bytes = new byte[60];
        Ipv4Header.Write(bytes, V4, OtherV4, 6, 20, 0, 0, 64, 0);
        Assert.False(Ipv4Header.TryParse(bytes.AsSpan(0, 19), out _));
        bytes[0] = 0x44;
        Assert.False(Ipv4Header.TryParse(bytes, out _));
        bytes[0] = 0x4F;
        Assert.True(Ipv4Header.TryParse(bytes, out Ipv4Header longest));
        Assert.Equal(40, longest.Options.Length);
        Assert.False(Ipv4Header.TryParse(bytes.AsSpan(0, 59), out _));
        Assert.False(Ipv6Header.TryParse(bytes, out _));
        bytes[0] = 0x60;
        Assert.False(Ipv6Header.TryParse(bytes.AsSpan(0, 39), out _));
        bytes[12] = 0x40;
        Assert.False(TcpHeader.TryParse(bytes, out _));
        bytes[12] = 0xF0;
        Assert.True(TcpHeader.TryParse(bytes, out _));
        Assert.False(TcpHeader.TryParse(bytes.AsSpan(0, 59), out _));
        Assert.False(IcmpHeader.TryParse(bytes.AsSpan(0, 7), out _));
    }
}
