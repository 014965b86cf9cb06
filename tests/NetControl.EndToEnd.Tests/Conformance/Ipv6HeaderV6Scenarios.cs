using System.Net;
using System.Net.Sockets;

namespace NetControl.EndToEnd.Tests.Conformance;

/// <summary>The IPv6 header, its extensions and its fragments (RFC 8200, 5722, 6946, 7112, 8883, 5095).</summary>
public sealed class Ipv6HeaderV6Scenarios : Scenarios
{
    private static readonly IPAddress s_peer = IPAddress.Parse("fd98::1");

    public async Task BadHeaders_AreDropped(Host host)
    {
        byte[] good = Wire.V6(host.Address, s_peer, Wire.Icmp6, host.Echo(s_peer, 1, new byte[32]));
        byte[] longer = [.. good];
        longer[5] += 1;
        host.Send(longer);
        host.Send(good[..39]);
        host.Send(good[..40]);
        await host.ExpectNothingAsync("silence", _ => true);
        host.Send([.. good, 1, 2, 3]); // what lies behind the payload is not part of it
        await host.ExpectIcmpAsync(129);
    }

    public async Task FlowLabelClassAndHopLimit_AreNoReasonToDrop(Host host)
    {
        byte[] packet = Wire.V6(host.Address, s_peer, Wire.Icmp6, host.Echo(s_peer, 2, []), hopLimit: 1, trafficClass: 0xB8);
        packet[1] |= 0x0F;
        packet[3] = 77;
        host.Send(packet);
        await host.ExpectIcmpAsync(129);
        host.Send(Wire.V6(host.Address, s_peer, Wire.Icmp6, host.Echo(s_peer, 2, []), hopLimit: 0));
        await host.ExpectIcmpAsync(129);
    }

    public async Task EveryExtension_IsWalked(Host host)
    {
        byte[] echo = host.Echo(s_peer, 3, "data"u8);
        (byte First, byte[] Body)[] packets =
        [
            (Wire.HopByHop, [.. Wire.Options(Wire.Icmp6), .. echo]),
            (Wire.HopByHop, [.. Wire.Options(Wire.Icmp6, 5, 2, 0, 0), .. echo]), // router alert
            (Wire.HopByHop, [.. Wire.Options(Wire.Icmp6, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), .. echo]), // PadN
            (Wire.DestinationOptions, [.. Wire.Options(Wire.Icmp6, 0x1E, 2, 1, 2), .. echo]), // unknown, to be skipped
            (Wire.Routing, [Wire.Icmp6, 0, 0, 0, 0, 0, 0, 0, .. echo]),
            (Wire.Routing, [Wire.Icmp6, 0, 253, 0, 0, 0, 0, 0, .. echo]), // unknown, used up
            (Wire.FragmentHeader, [.. Wire.Fragment6(Wire.Icmp6, 0, false, 99), .. echo]), // atomic
            (51, [Wire.Icmp6, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, .. echo]), // authentication
            (Wire.HopByHop, [.. Wire.Options(Wire.DestinationOptions), .. Wire.Options(Wire.Routing), Wire.DestinationOptions, 0, 0, 0, 0, 0, 0, 0, .. Wire.Options(Wire.Icmp6), .. echo]),
            (Wire.DestinationOptions, [.. Wire.Options(Wire.DestinationOptions), .. Wire.Options(Wire.Icmp6), .. echo]), // any order, any number
        ];
        foreach ((byte first, byte[] body) in packets)
        {
            host.Send(s_peer, first, body);
            Assert.Equal("data"u8.ToArray(), (await host.ExpectIcmpAsync(129)).Payload);
        }
    }

    public async Task UnknownNextHeader_IsAParameterProblemAtItsAnnouncement(Host host)
    {
        await ExpectProblemAsync(host, 253, Host.Bytes(20), code: 1, pointer: 6);
        await ExpectProblemAsync(host, Wire.DestinationOptions, [.. Wire.Options(253), .. Host.Bytes(20)], code: 1, pointer: 40);
        await ExpectProblemAsync(host, 50, Host.Bytes(20), code: 1, pointer: 6);
        await ExpectProblemAsync(host, Wire.DestinationOptions, [.. Wire.Options(Wire.HopByHop), .. Wire.Options(Wire.Icmp6), .. host.Echo(s_peer, 1, [])], code: 1, pointer: 40);
        await ExpectProblemAsync(host, 1, Host.Bytes(20), code: 1, pointer: 6); // ICMPv4 is nothing in IPv6
    }

    public async Task NoNextHeader_IsNoProblem(Host host)
    {
        host.Send(s_peer, Wire.NoNextHeader, []);
        host.Send(s_peer, Wire.NoNextHeader, Host.Bytes(30));
        host.Send(s_peer, Wire.DestinationOptions, [.. Wire.Options(Wire.NoNextHeader), 1, 2, 3]);
        await host.ExpectNothingAsync("silence", _ => true);
    }

    public async Task UnknownOptions_AreTreatedByTheirHighBits(Host host)
    {
        foreach (byte header in (byte[])[Wire.HopByHop, Wire.DestinationOptions])
        {
            byte[] echo = host.Echo(s_peer, 5, []);
            host.Send(s_peer, header, [.. Wire.Options(Wire.Icmp6, 0x3E, 0), .. echo]);
            await host.ExpectIcmpAsync(129);
            host.Send(s_peer, header, [.. Wire.Options(Wire.Icmp6, 0x7E, 0), .. echo]);
            await host.ExpectNothingAsync("a drop", _ => true, 150);
            await ExpectProblemAsync(host, header, [.. Wire.Options(Wire.Icmp6, 1, 0, 0xBE, 0), .. echo], code: 2, pointer: 44);
            await ExpectProblemAsync(host, header, [.. Wire.Options(Wire.Icmp6, 0xFE, 0), .. echo], code: 2, pointer: 42);
        }
    }

    public async Task UnknownOptions_OfPacketsToAGroup_AreToldOnlyIfTheyAskForIt(Host host)
    {
        IPAddress group = IPAddress.Parse("ff02::1");
        byte[] echo = Wire.IcmpMessage(host.Address, group, 128, 0, 1, []);
        host.Send(group, Wire.DestinationOptions, [.. Wire.Options(Wire.Icmp6, 0xFE, 0), .. echo]);
        await host.ExpectNothingAsync("silence", _ => true, 200);
        host.Send(group, Wire.DestinationOptions, [.. Wire.Options(Wire.Icmp6, 0xBE, 0), .. echo]);
        Seen error = await host.ExpectIcmpAsync(4);
        Assert.Equal((2, 42u), (error.Code, error.Rest));
        Assert.False(error.Source.IsIPv6Multicast);
    }

    public async Task OptionBeyondItsHeader_IsAnErrorOrADrop(Host host)
    {
        host.Send(s_peer, Wire.DestinationOptions, [.. Wire.Options(Wire.Icmp6, 0x1E, 40), .. host.Echo(s_peer, 5, [])]);
        await host.ExpectNothingAsync("no echo", seen => seen.IsIcmp && seen.Type == 129);
    }

    public async Task RoutingWithSegmentsLeft_IsAParameterProblemAtItsType(Host host)
    {
        foreach (byte type in (byte[])[0, 77, 253])
        {
            byte[] routing = new byte[24];
            (routing[0], routing[1], routing[2], routing[3]) = (Wire.Icmp6, 2, type, 1);
            await ExpectProblemAsync(host, Wire.Routing, [.. routing, .. host.Echo(s_peer, 6, [])], code: 0, pointer: 42);
        }
    }

    public async Task Jumbogram_IsNoPacketOfOurs(Host host)
    {
        byte[] packet = Wire.V6(host.Address, s_peer, Wire.HopByHop, [.. Wire.Options(Wire.Icmp6, 0xC2, 4, 0, 1, 0, 1), .. host.Echo(s_peer, 5, [])]);
        packet[4] = packet[5] = 0;
        host.Send(packet);
        await host.ExpectNothingAsync("no echo", seen => seen.IsIcmp && seen.Type == 129);
    }

    public async Task TooManyExtensions_AreToldSo(Host host)
    {
        List<byte> body = [];
        for (int i = 0; i < 40; i++)
        {
            body.AddRange(Wire.Options(i < 39 ? Wire.DestinationOptions : Wire.Icmp6));
        }

        host.Send(s_peer, Wire.DestinationOptions, [.. body, .. host.Echo(s_peer, 5, [])]);
        Seen seen = await host.ExpectAsync("an error or an echo", s => s.IsIcmp);
        Assert.True(seen.Type == 129 || (seen.Type, seen.Code) == (4, 8), seen.ToString());
    }

    public async Task Fragments_InAnyOrder_AreOnePacket(Host host)
    {
        byte[] echo = host.Echo(s_peer, 21, Host.Bytes(1000));
        foreach (int[] order in (int[][])[[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 0, 1, 2], [2, 2, 1, 0]])
        {
            uint id = (uint)Random.Shared.Next();
            foreach (int piece in order)
            {
                int start = piece * 400;
                bool more = piece < 2;
                host.Send(s_peer, Wire.FragmentHeader, [.. Wire.Fragment6(Wire.Icmp6, start, more, id), .. echo[start..(more ? start + 400 : echo.Length)]]);
            }

            Assert.Equal(echo[8..], (await host.ExpectIcmpAsync(129)).Payload);
        }
    }

    public async Task Fragments_BehindExtensions_AreOnePacket(Host host)
    {
        byte[] echo = host.Echo(s_peer, 22, Host.Bytes(80));
        foreach ((int start, int end) in ((int, int)[])[(0, 48), (48, 88)])
        {
            byte[] fragment = [.. Wire.Fragment6(Wire.Icmp6, start, end < 88, 1234), .. echo[start..end]];
            host.Send(s_peer, Wire.HopByHop, [.. Wire.Options(Wire.DestinationOptions), .. Wire.Options(Wire.FragmentHeader), .. fragment]);
        }

        Assert.Equal(echo[8..], (await host.ExpectIcmpAsync(129)).Payload);
    }

    public async Task AtomicFragment_IsApartFromOthersOfItsNumber(Host host)
    {
        byte[] echo = host.Echo(s_peer, 23, Host.Bytes(80));
        host.Send(s_peer, Wire.FragmentHeader, [.. Wire.Fragment6(Wire.Icmp6, 0, true, 55), .. echo[..48]]);
        host.Send(s_peer, Wire.FragmentHeader, [.. Wire.Fragment6(Wire.Icmp6, 0, false, 55), .. host.Echo(s_peer, 24, "atom"u8)]);
        Assert.Equal("atom"u8.ToArray(), (await host.ExpectIcmpAsync(129)).Payload);
        host.Send(s_peer, Wire.FragmentHeader, [.. Wire.Fragment6(Wire.Icmp6, 48, false, 55), .. echo[48..]]);
        Assert.Equal(echo[8..], (await host.ExpectIcmpAsync(129)).Payload);
    }

    public async Task Fragments_ThatOverlap_MakeNoPacket_InSilence(Host host)
    {
        byte[] echo = host.Echo(s_peer, 25, Host.Bytes(120));
        host.Send(s_peer, Wire.FragmentHeader, [.. Wire.Fragment6(Wire.Icmp6, 0, true, 66), .. echo[..64]]);
        host.Send(s_peer, Wire.FragmentHeader, [.. Wire.Fragment6(Wire.Icmp6, 56, true, 66), .. echo[56..80]]);
        host.Send(s_peer, Wire.FragmentHeader, [.. Wire.Fragment6(Wire.Icmp6, 64, false, 66), .. echo[64..]]);
        await host.ExpectNothingAsync("silence", _ => true);
    }

    public async Task FragmentOfOddLength_IsAParameterProblemAtThePayloadLength(Host host) =>
        await ExpectProblemAsync(host, Wire.FragmentHeader, [.. Wire.Fragment6(Wire.Icmp6, 0, true, 67), .. host.Echo(s_peer, 1, new byte[33])], code: 0, pointer: 4);

    public async Task FragmentBeyondTheLargestPacket_IsAParameterProblemAtItsOffset(Host host) =>
        await ExpectProblemAsync(host, Wire.FragmentHeader, [.. Wire.Fragment6(Wire.Udp, 65_528, false, 68), .. new byte[64]], code: 0, pointer: 42);

    public async Task FirstFragmentWithoutTheWholeChain_IsAParameterProblem(Host host)
    {
        host.Send(s_peer, Wire.FragmentHeader, [.. Wire.Fragment6(Wire.DestinationOptions, 0, true, 69), Wire.Udp, 4, 1, 30, 0, 0, 0, 0]);
        Seen error = await host.ExpectIcmpAsync(4);
        Assert.Equal((3, 0u), (error.Code, error.Rest));
    }

    public async Task MartianAddresses_GetNoAnswer(Host host)
    {
        foreach (string source in (string[])["::", "::1", "ff02::1", "::ffff:10.0.0.1"])
        {
            IPAddress from = IPAddress.Parse(source);
            host.Send(Wire.V6(from, s_peer, Wire.Icmp6, Wire.IcmpMessage(from, s_peer, 128, 0, 5, [])));
            host.Send(Wire.V6(from, s_peer, 253, new byte[20]));
        }

        host.Send(Wire.V6(host.Address, IPAddress.IPv6Loopback, Wire.Icmp6, host.Echo(IPAddress.IPv6Loopback, 1, [])));
        await host.ExpectNothingAsync("silence", _ => true, 200);
        await host.PingAsync(s_peer);
    }

    public async Task NeighboursAndListeners_AreIgnored(Host host)
    {
        foreach ((byte type, string to) in ((byte, string)[])[(133, "ff02::2"), (135, "ff02::1:ff00:1"), (136, "ff02::1"), (130, "ff02::1"), (143, "ff02::16"), (137, "fd98::1"), (134, "ff02::1")])
        {
            IPAddress group = IPAddress.Parse(to);
            host.Send(Wire.V6(host.Address, group, Wire.Icmp6, Wire.IcmpMessage(host.Address, group, type, 0, 0, new byte[24]), hopLimit: 255));
        }

        await host.ExpectNothingAsync("silence", _ => true, 200);
    }

    public async Task UdpBehindExtensions_GoesThrough(Host host)
    {
        Socket upstream = Udp(host);
        IPEndPoint to = (IPEndPoint)upstream.LocalEndPoint!;
        host.Send(s_peer, Wire.HopByHop, [.. Wire.Options(Wire.DestinationOptions), .. Wire.Options(Wire.Udp), .. Wire.Datagram(host.NextEndPoint(), to, "hello"u8)]);
        byte[] room = new byte[16];
        using CancellationTokenSource limit = new(10_000);
        Assert.Equal(5, await upstream.ReceiveAsync(room, SocketFlags.None, limit.Token));
    }

    private static async Task ExpectProblemAsync(Host host, byte next, byte[] body, int code, uint pointer)
    {
        byte[] packet = Wire.V6(host.Address, s_peer, next, body);
        host.Send(packet);
        Seen error = await host.ExpectIcmpAsync(4);
        Assert.Equal((code, pointer), (error.Code, error.Rest));
        Assert.Equal(packet, error.Payload);
        Assert.Equal(s_peer, error.Source);
    }
}
