using NetControl.Network;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;

namespace NetControl.Stack.Tests.Wire;

/// <summary>One line per packet: the text that conversations are compared by.</summary>
public sealed class PacketTextTests
{
    private static readonly AddrPort Client = AddrPort.Parse("10.77.0.1:4000");
    private static readonly AddrPort Remote = AddrPort.Parse("198.18.0.1:80");
    private readonly byte[] _buffer = new byte[2000];

    [Fact]
    public void Syn_WithTheUsualOptions_ShowsThemInOrder()
    {
        TcpOptions options = new() { Mss = 1460, WindowScale = 7, SackPermitted = true, HasTimestamps = true, TsVal = 1 };
        int length = TcpPacket.Write(_buffer, Client, Remote, new SequenceNumber(100), default, TcpFlags.Syn, 64240, in options);
        Assert.Equal(
            "10.77.0.1:4000 > 198.18.0.1:80 tcp S seq 100 win 64240 <mss 1460,ws 7,sackOK,ts 1/0>",
            PacketText.Format(_buffer.AsSpan(0, length)));
    }

    [Fact]
    public void Data_WithSackAndPayload_ShowsAckLengthAndBlocks()
    {
        TcpOptions options = default;
        options.TryAddSack(new SequenceNumber(10), new SequenceNumber(20));
        options.TryAddSack(new SequenceNumber(30), new SequenceNumber(40));
        AddrPort from = AddrPort.Parse("[fd77::1]:4000");
        AddrPort to = AddrPort.Parse("[fd99::1]:443");
        int length = TcpPacket.Write(
            _buffer, from, to, new SequenceNumber(5), new SequenceNumber(6), TcpFlags.Ack | TcpFlags.Psh, 7, in options, new byte[12]);
        Assert.Equal(
            "[fd77::1]:4000 > [fd99::1]:443 tcp P. seq 5 ack 6 win 7 len 12 <sack 10-20,sack 30-40>",
            PacketText.Format(_buffer.AsSpan(0, length)));
    }

    [Fact]
    public void Udp_Icmp_AndBrokenPackets_HaveTheirOwnWords()
    {
        int length = UdpPacket.Write(_buffer, Client, Remote, new byte[12]);
        Assert.Equal("10.77.0.1:4000 > 198.18.0.1:80 udp len 12", PacketText.Format(_buffer.AsSpan(0, length)));
        _buffer[length - 1] ^= 1;
        Assert.Equal("10.77.0.1:4000 > 198.18.0.1:80 udp len 12 (bad checksum)", PacketText.Format(_buffer.AsSpan(0, length)));
        Assert.Equal($"len {length - 1} (malformed)", PacketText.Format(_buffer.AsSpan(0, length - 1)));
        _buffer[10] ^= 1;
        Assert.Equal("10.77.0.1 > 198.18.0.1 proto 17 (bad header checksum)", PacketText.Format(_buffer.AsSpan(0, length)));

        length = IcmpPacket.Write(_buffer, Client.Address, Remote.Address, 8, 0, 0x0001_0002, default);
        Assert.Equal("10.77.0.1 > 198.18.0.1 icmp echo request id 1 seq 2", PacketText.Format(_buffer.AsSpan(0, length)));
        IpAddr v6 = IpAddr.Parse("fd77::1");
        length = IcmpPacket.Write(_buffer, v6, IpAddr.Parse("fd77::2"), 129, 0, 0x0001_0002, new byte[3]);
        Assert.Equal("fd77::1 > fd77::2 icmp6 echo reply id 1 seq 2 len 3", PacketText.Format(_buffer.AsSpan(0, length)));
        length = UdpPacket.Write(_buffer, Client, AddrPort.Parse("127.0.0.1:1"), default);
        Assert.Equal("10.77.0.1 > 127.0.0.1 proto 17 (martian)", PacketText.Format(_buffer.AsSpan(0, length)));
    }
}
