using NetControl.Engine.Flows;
using NetControl.Network;
using NetControl.Stack.Wire;

namespace NetControl.Engine.Tests.Flows;

/// <summary>What is kept of packets that an ICMP error may have to quote.</summary>
public sealed class RecentPacketsTests
{
    private static readonly AddrPort s_to = AddrPort.Parse("198.18.0.1:53");

    [Fact]
    public void LatestPacketBetweenTwoSockets_IsFound_CutToItsRoom()
    {
        RecentPackets recent = new(4, 60);
        Add(recent, 1, 10, 0xAA);
        byte[] latest = Add(recent, 1, 100, 0xBB);
        Add(recent, 2, 10, 0xCC);
        Assert.True(recent.TryFind(From(1), s_to, out ReadOnlySpan<byte> found));
        Assert.Equal(latest[..60], found.ToArray());
        Assert.False(recent.TryFind(From(3), s_to, out _));
        Assert.False(recent.TryFind(s_to, From(1), out _));
    }

    [Fact]
    public void OldestPacket_GivesWay()
    {
        RecentPackets recent = new(4, 60);
        for (int i = 0; i < 9; i++)
        {
            Add(recent, i, i, 1);
        }

        Assert.False(recent.TryFind(From(4), s_to, out _));
        for (int i = 5; i < 9; i++)
        {
            Assert.True(recent.TryFind(From(i), s_to, out ReadOnlySpan<byte> found));
            Assert.Equal(28 + i, found.Length);
        }
    }

    private static AddrPort From(int port) => new(IpAddr.Parse("10.77.0.2"), (ushort)(1000 + port));

    private static byte[] Add(RecentPackets recent, int port, int length, byte fill)
    {
        byte[] payload = new byte[length];
        payload.AsSpan().Fill(fill);
        byte[] packet = new byte[length + UdpPacket.MaxHeadersLength];
        packet = packet[..UdpPacket.Write(packet, From(port), s_to, payload)];
        Assert.Equal(ParseResult.Ok, ParsedPacket.TryParse(packet, ChecksumTrust.Verify, out ParsedPacket parsed));
        recent.Add(parsed, packet);
        return packet;
    }
}
