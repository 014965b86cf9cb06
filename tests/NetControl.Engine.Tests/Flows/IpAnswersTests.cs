using System.Buffers.Binary;
using NetControl.Engine.Devices;
using NetControl.Network;
using NetControl.Stack.Icmp;
using NetControl.Stack.Ip;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;
using NetControl.Testing;

namespace NetControl.Engine.Tests.Flows;

/// <summary>What a packet that is no session's gets: an answer, silence, and always a reason in the counters.</summary>
public sealed class IpAnswersTests
{
    private static readonly AddrPort s_remote = AddrPort.Parse("198.18.0.1:80");
    private static readonly AddrPort s_remoteV6 = AddrPort.Parse("[fd99::1]:80");

    [Fact]
    public async Task UnknownProtocol_IsAnsweredInBothFamilies()
    {
        await using TestEngine test = new();
        test.Host.Send(V4(132));
        byte[] icmp = await test.Host.ExpectIcmpAsync(IcmpTypes.UnreachableV4);
        Assert.Equal((3, 2), (icmp[20], icmp[21]));
        test.Host.Send(V6(132, s_remoteV6.Address));
        icmp = await test.Host.ExpectIcmpAsync(IcmpTypes.ParameterProblemV6);
        Assert.Equal((4, 1, 6u), (icmp[40], icmp[41], BinaryPrimitives.ReadUInt32BigEndian(icmp.AsSpan(44))));
        Assert.Equal(2, test.Drops(DropReason.UnsupportedProtocol));
    }

    [Fact]
    public async Task Options_AndSourceRoutes_AreDroppedByTheirReason()
    {
        await using TestEngine test = new();
        test.Host.Send(WithOptions([7, 1, 0, 0]));
        byte[] icmp = await test.Host.ExpectIcmpAsync(IcmpTypes.ParameterProblemV4);
        Assert.Equal(21, icmp[24]);
        test.Host.Send(WithOptions([131, 7, 4, 10, 0, 0, 1, 0]));
        byte[] routed = V6(IpProtocol.Routing, s_remoteV6.Address);
        routed[40] = IpProtocol.Udp;
        routed[41] = 0;
        routed[43] = 1;
        test.Host.Send(routed);
        icmp = await test.Host.ExpectIcmpAsync(IcmpTypes.ParameterProblemV6);
        Assert.Equal((0, 42u), (icmp[41], BinaryPrimitives.ReadUInt32BigEndian(icmp.AsSpan(44))));
        Assert.Equal((1L, 2L), (test.Drops(DropReason.BadOption), test.Drops(DropReason.SourceRoute)));
    }

    [Theory]
    [InlineData("10.0.0.255", "198.18.0.1")]
    [InlineData("10.0.0.0", "198.18.0.1")]
    [InlineData("10.0.0.2", "10.0.0.255")]
    [InlineData("10.0.0.2", "224.0.0.1")]
    [InlineData("10.0.0.2", "255.255.255.255")]
    [InlineData("127.0.0.1", "198.18.0.1")]
    [InlineData("0.1.2.3", "198.18.0.1")]
    [InlineData("240.0.0.1", "198.18.0.1")]
    [InlineData("255.255.255.255", "198.18.0.1")]
    [InlineData("224.0.0.1", "198.18.0.1")]
    public async Task MartiansGroupsAndBroadcasts_GetNoAnswerOfAnyKind(string from, string to)
    {
        SilentProxy proxy = new();
        DeviceSpec spec = new() { Name = "devices/test", InterfaceName = "", Mtu = 1500, Addresses = [Prefix("10.0.0.1/24")] };
        await using TestEngine test = new(spec: spec, proxy: _ => proxy);
        AddrPort source = new(IpAddr.Parse(from), 4000);
        AddrPort destination = new(IpAddr.Parse(to), 80);
        test.Host.SendTcp(source, destination, 1, 0, TcpFlags.Syn);
        test.Host.SendTcp(source, destination, 1, 2, TcpFlags.Ack);
        test.Host.SendUdp(source, destination, [1]);
        test.Host.Send(Devices.StackDeviceTests.Echo(source.Address, to, 8));
        test.Host.Send(V4(132, from, to));
        await test.Engine.ListSessionsAsync(null, CancellationToken.None);
        Assert.Equal((0L, 0, 0L), (test.Device.PacketsOut, proxy.Sessions, test.Engine.ReadCounters().Loops[0].Sessions));
        Assert.Equal(5, test.Device.Drops.Sum());
    }

    [Fact]
    public async Task Land_IsDropped_InBothFamilies()
    {
        await using TestEngine test = new();
        test.Host.SendTcp(s_remote, s_remote, 1, 0, TcpFlags.Syn);
        test.Host.SendTcp(s_remoteV6, s_remoteV6, 1, 0, TcpFlags.Syn);
        test.Host.SendUdp(s_remote, s_remote, [1]);
        await test.Engine.ListSessionsAsync(null, CancellationToken.None);
        Assert.Equal((3L, 0L), (test.Drops(DropReason.Martian), test.Device.PacketsOut));
    }

    [Theory]
    [InlineData(133, "::", "ff02::2")]
    [InlineData(135, "::", "ff02::1:ff00:1")]
    [InlineData(136, "fe80::1", "ff02::1")]
    [InlineData(143, "fe80::1", "ff02::16")]
    [InlineData(128, "fd77::2", "ff02::1")]
    [InlineData(137, "fe80::1", "fd99::1")]
    [InlineData(129, "fd77::2", "fd99::1")]
    [InlineData(200, "fd77::2", "fd99::1")]
    public async Task NeighbourDiscoveryAndItsLike_AreIgnoredQuietly(byte type, string from, string to)
    {
        await using TestEngine test = new();
        byte[] packet = new byte[72];
        test.Host.Send(packet.AsSpan(0, IcmpPacket.Write(packet, IpAddr.Parse(from), IpAddr.Parse(to), type, 0, 0, new byte[24])));
        await test.Engine.ListSessionsAsync(null, CancellationToken.None);
        Assert.Equal((1L, 0L), (test.Drops(DropReason.Ignored), test.Device.PacketsOut));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task HopLimit_IsNoReasonToDrop(byte ttl)
    {
        SilentProxy proxy = new();
        await using TestEngine test = new(proxy: _ => proxy);
        byte[] v4 = V4(IpProtocol.Udp);
        v4[8] = ttl;
        Ipv4Header.UpdateChecksum(v4.AsSpan(0, 20));
        test.Host.Send(v4);
        byte[] v6 = V6(IpProtocol.Udp, s_remoteV6.Address);
        v6[7] = ttl;
        test.Host.Send(v6);
        await test.Engine.ListSessionsAsync(null, CancellationToken.None);
        Assert.Equal(2, proxy.Sessions);
    }

    [Fact]
    public async Task Errors_BeyondTheRate_AreHeldBackAndCounted()
    {
        await using TestEngine test = new(TestEngine.Options with { IcmpErrorsPerSecond = 1, IcmpErrorBurst = 10 });
        for (int i = 0; i < 500; i++)
        {
            test.Host.Send(V4(132));
        }

        await test.Engine.ListSessionsAsync(null, CancellationToken.None);
        Assert.InRange(test.Device.PacketsOut, 10, 30);
        Assert.Equal(500, test.Device.PacketsOut + test.Drops(DropReason.RateLimited));
        test.Host.Send(Devices.StackDeviceTests.Echo(PeerHost.AddressV4, "198.18.0.1", 8));
        await test.Host.ExpectIcmpAsync(IcmpTypes.EchoReplyV4); // answers to questions are not errors
    }

    [Fact]
    public async Task EchoOfTheLargestSize_ComesBackInFragments()
    {
        await using TestEngine test = new();
        byte[] request = Devices.StackDeviceTests.Echo(PeerHost.AddressV4, "198.18.0.1", 65_507);
        Fragmenter fragments = new(request, 1500, 7);
        byte[] room = new byte[1500];
        while (fragments.TryWriteNext(room, out int length))
        {
            test.Host.Send(room.AsSpan(0, length));
        }

        byte[] reply = await test.Host.ExpectIcmpAsync(IcmpTypes.EchoReplyV4);
        Assert.True(request.AsSpan(28).SequenceEqual(reply.AsSpan(28)));
    }

    private static IpPrefix Prefix(string text) => IpPrefix.TryParse(text, out IpPrefix prefix) ? prefix : throw new FormatException(text);

    private static byte[] V4(byte protocol, string from = "10.0.0.2", string to = "198.18.0.1")
    {
        byte[] packet = new byte[36];
        UdpPacket.Write(packet, new AddrPort(IpAddr.Parse(from), 4000), new AddrPort(IpAddr.Parse(to), 53), new byte[8]);
        packet[9] = protocol;
        Ipv4Header.UpdateChecksum(packet.AsSpan(0, 20));
        return packet;
    }

    private static byte[] V6(byte protocol, IpAddr to)
    {
        byte[] packet = new byte[56];
        UdpPacket.Write(packet, new AddrPort(PeerHost.AddressV6, 4000), new AddrPort(to, 53), new byte[8]);
        packet[6] = protocol;
        return packet;
    }

    private static byte[] WithOptions(byte[] options)
    {
        byte[] plain = V4(IpProtocol.Udp);
        byte[] packet = [.. plain[..20], .. options, .. plain[20..]];
        packet[0] = (byte)(0x45 + (options.Length / 4));
        packet[3] = (byte)packet.Length;
        Ipv4Header.UpdateChecksum(packet.AsSpan(0, 20 + options.Length));
        return packet;
    }
}
