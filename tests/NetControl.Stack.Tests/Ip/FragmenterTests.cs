using NetControl.Network;
using NetControl.Stack.Ip;
using NetControl.Stack.Wire;

namespace NetControl.Stack.Tests.Ip;

/// <summary>Fragments of our own making: each fits the MTU and says where it belongs.</summary>
public sealed class FragmenterTests
{
    [Fact]
    public void Packet_ThatFits_ComesOutOnceAsItIs()
    {
        byte[] packet = Datagram("10.77.0.1:53", "10.77.0.2:4000", 1472);
        List<byte[]> fragments = Split(packet, 1500, 9);
        Assert.Equal(packet, Assert.Single(fragments));
    }

    [Fact]
    public void Packet_OneByteTooLarge_BecomesTwo()
    {
        List<byte[]> fragments = Split(Datagram("10.77.0.1:53", "10.77.0.2:4000", 1473), 1500, 9);
        Assert.Collection(
            fragments,
            fragment => AssertText("10.77.0.1 > 10.77.0.2 proto 17 fragment id 9 offset 0 len 1480 more", fragment),
            fragment => AssertText("10.77.0.1 > 10.77.0.2 proto 17 fragment id 9 offset 1480 len 1", fragment));
        Assert.Equal(0, fragments[0][6] & 0x40);
    }

    [Fact]
    public void Ipv6Packet_GetsAFragmentHeaderWithA32BitId()
    {
        List<byte[]> fragments = Split(Datagram("[fd77::1]:53", "[fd77::2]:4000", 3000), 1280, 0xDEAD_BEEF);
        Assert.Collection(
            fragments,
            fragment => AssertText("fd77::1 > fd77::2 proto 17 fragment id 3735928559 offset 0 len 1232 more", fragment),
            fragment => AssertText("fd77::1 > fd77::2 proto 17 fragment id 3735928559 offset 1232 len 1232 more", fragment),
            fragment => AssertText("fd77::1 > fd77::2 proto 17 fragment id 3735928559 offset 2464 len 544", fragment));
    }

    internal static List<byte[]> Split(byte[] packet, int mtu, uint id)
    {
        List<byte[]> fragments = [];
        byte[] buffer = new byte[mtu];
        Fragmenter fragmenter = new(packet, mtu, id);
        int announced = fragmenter.Count;
        while (fragmenter.TryWriteNext(buffer, out int length))
        {
            fragments.Add(buffer[..length]);
        }

        Assert.Equal(announced, fragments.Count);
        return fragments;
    }

    private static void AssertText(string expected, byte[] packet) => Assert.Equal(expected, PacketText.Format(packet));

    private static byte[] Datagram(string from, string to, int payload)
    {
        AddrPort source = AddrPort.Parse(from);
        byte[] packet = new byte[UdpPacket.HeadersLength(source.Address) + payload];
        UdpPacket.Write(packet, source, AddrPort.Parse(to), new byte[payload]);
        return packet;
    }
}
