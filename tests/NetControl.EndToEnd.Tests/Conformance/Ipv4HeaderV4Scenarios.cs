using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace NetControl.EndToEnd.Tests.Conformance;

/// <summary>The IPv4 header, its options and its fragments (RFC 791, 815, 1122 3.2 and 3.3, 6864, 7126).</summary>
public sealed class Ipv4HeaderV4Scenarios : Scenarios
{
    private static readonly IPEndPoint s_nowhere = new(IPAddress.Parse("198.18.0.1"), 4);

    public async Task BadHeaders_AreDroppedInSilence(Host host)
    {
        byte[] good = Wire.V4(host.Address, s_nowhere.Address, Wire.Icmp4, host.Echo(s_nowhere.Address, 1, new byte[32]));
        (string What, Action<byte[]> Spoil, bool Resum)[] faults =
        [
            ("a wrong checksum", p => p[10] ^= 1, false),
            ("an IHL of 4", p => p[0] = 0x44, true),
            ("an IHL of 0", p => p[0] = 0x40, false),
            ("an IHL beyond the packet", p => p[0] = 0x4F, false),
            ("a total length below the header", p => p[3] = 19, true),
            ("a total length beyond the packet", p => p[3] += 1, true),
            ("version 0", p => p[0] = 0x05, true),
            ("version 5", p => p[0] = 0x55, true),
            ("version 15", p => p[0] = 0xF5, true),
        ];
        foreach ((string _, Action<byte[]> spoil, bool resum) in faults)
        {
            byte[] packet = [.. good];
            spoil(packet);
            if (resum)
            {
                Wire.Resum(packet);
            }

            host.Send(packet);
        }

        host.Send(good[..19]);
        host.Send(good[..1]);
        await host.ExpectNothingAsync("silence", _ => true);
        await host.PingAsync(s_nowhere.Address);
    }

    public async Task BytesBehindTheTotalLength_AreIgnored(Host host)
    {
        host.Send([.. Wire.V4(host.Address, s_nowhere.Address, Wire.Icmp4, host.Echo(s_nowhere.Address, 7, "12345"u8)), 0xFF, 0xFF, 0xFF]);
        Assert.Equal("12345"u8.ToArray(), (await host.ExpectIcmpAsync(0)).Payload);
    }

    public async Task TtlOfOneOrZero_IsNoReasonToDrop(Host host)
    {
        foreach (byte ttl in (byte[])[0, 1, 255])
        {
            host.Send(s_nowhere.Address, Wire.Icmp4, host.Echo(s_nowhere.Address, ttl, []), ttl);
            await host.ExpectAsync("an echo", seen => seen.IsIcmp && seen.Type == 0 && seen.Rest == ttl);
        }
    }

    public async Task ReservedFlag_IsIgnored(Host host)
    {
        host.Send(Wire.V4(host.Address, s_nowhere.Address, Wire.Icmp4, host.Echo(s_nowhere.Address, 9, []), fragmentWord: 0x8000));
        await host.ExpectIcmpAsync(0);
    }

    public async Task UnknownProtocol_IsProtocolUnreachable(Host host)
    {
        byte[] packet = Wire.V4(host.Address, s_nowhere.Address, 253, Host.Bytes(100));
        host.Send(packet);
        Seen error = await host.ExpectIcmpAsync(3);
        Assert.Equal(2, error.Code);
        Assert.Equal(packet, error.Payload);
        Assert.Equal(s_nowhere.Address, error.Source);
        Assert.Equal(6, error.Tos >> 5);
    }

    public async Task OptionsThatAreKnownOrNot_AreNoReasonToDrop(Host host)
    {
        byte[][] options =
        [
            [1, 1, 1, 0], // no operation
            [0, 99, 99, 99], // behind the end
            [130, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], // security
            [136, 4, 0, 1], // stream id
            [148, 4, 0, 0], // router alert
            [77, 4, 1, 2], // unknown
            [205, 2, 1, 1], // unknown, to be copied
        ];
        uint number = 100;
        foreach (byte[] option in options)
        {
            host.Send(Wire.V4(host.Address, s_nowhere.Address, Wire.Icmp4, host.Echo(s_nowhere.Address, ++number, []), option));
            Seen reply = await host.ExpectAsync($"an echo to {Convert.ToHexString(option)}", seen => seen.IsIcmp && seen.Type == 0 && seen.Rest == number);
            Assert.Equal(20, reply.HeaderLength);
        }
    }

    public async Task OptionsWithTcpAndUdp_AreSkipped(Host host)
    {
        Socket upstream = Udp(host);
        IPEndPoint to = (IPEndPoint)upstream.LocalEndPoint!;
        IPEndPoint from = host.NextEndPoint();
        host.Send(Wire.V4(host.Address, to.Address, Wire.Udp, Wire.Datagram(from, to, "hello"u8), [7, 7, 4, 0, 0, 0, 0, 0]));
        byte[] room = new byte[16];
        using CancellationTokenSource limit = new(10_000);
        Assert.Equal(5, await upstream.ReceiveAsync(room, SocketFlags.None, limit.Token));
        Conversation c = new(host, Refusing(host));
        host.Send(Wire.V4(host.Address, c.Remote.Address, Wire.Tcp, c.Segment("A 1 ack 5"), [148, 4, 0, 0]));
        await c.ExpectAsync(seen => seen.Has('R'), "a reset");
    }

    public async Task BrokenOptions_AreAParameterProblemAtTheirOctet(Host host)
    {
        foreach ((byte[] option, int pointer) in ((byte[], int)[])[([7, 0, 4, 0], 21), ([7, 1, 4, 0], 21), ([77, 40, 0, 0], 21), ([1, 1, 1, 130], 23)])
        {
            byte[] packet = Wire.V4(host.Address, s_nowhere.Address, Wire.Icmp4, host.Echo(s_nowhere.Address, 3, []), option);
            host.Send(packet);
            Seen error = await host.ExpectIcmpAsync(12);
            Assert.Equal(0, error.Code);
            Assert.Equal(packet, error.Payload);
            Assert.InRange((int)(error.Rest >> 24), pointer - 1, pointer);
        }

        await host.ExpectNothingAsync("no echo", seen => seen.IsIcmp && seen.Type == 0, 100);
    }

    public async Task SourceRoutes_AreDropped(Host host)
    {
        foreach (byte type in (byte[])[131, 137])
        {
            host.Send(Wire.V4(host.Address, s_nowhere.Address, Wire.Icmp4, host.Echo(s_nowhere.Address, 3, []), [type, 7, 4, 10, 0, 0, 9, 0]));
        }

        await host.ExpectNothingAsync("no answer", seen => seen.IsIcmp && seen.Type == 0);
    }

    public async Task EchoWithRecordRoute_CarriesItBackWithOurAddress(Host host)
    {
        byte[] option = new byte[40];
        (option[0], option[1], option[2]) = (7, 39, 4);
        host.Send(Wire.V4(host.Address, s_nowhere.Address, Wire.Icmp4, host.Echo(s_nowhere.Address, 11, "abc"u8), option));
        Seen reply = await host.ExpectIcmpAsync(0);
        Assert.Equal(60, reply.HeaderLength);
        Assert.Equal([7, 39, 8, .. s_nowhere.Address.GetAddressBytes()], reply.Bytes[20..27]);

        // A list that is full comes back as it is (RFC 791 3.1).
        host.Send(Wire.V4(host.Address, s_nowhere.Address, Wire.Icmp4, host.Echo(s_nowhere.Address, 12, "abc"u8), [7, 7, 8, 1, 2, 3, 4, 0]));
        reply = await host.ExpectIcmpAsync(0);
        Assert.Equal([7, 7, 8, 1, 2, 3, 4], reply.Bytes[20..27]);
    }

    public async Task EchoWithTimestamps_CarriesThemBackWithOurTime(Host host)
    {
        host.Send(Wire.V4(host.Address, s_nowhere.Address, Wire.Icmp4, host.Echo(s_nowhere.Address, 11, "abc"u8), [68, 12, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
        Seen reply = await host.ExpectIcmpAsync(0);
        Assert.Equal([68, 12, 9, 0], reply.Bytes[20..24]);
        AssertMidnightTime(BinaryPrimitives.ReadUInt32BigEndian(reply.Bytes.AsSpan(24)));

        // With addresses.
        host.Send(Wire.V4(host.Address, s_nowhere.Address, Wire.Icmp4, host.Echo(s_nowhere.Address, 12, "abc"u8), [68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0]));
        reply = await host.ExpectIcmpAsync(0);
        Assert.Equal([68, 12, 13, 1, .. s_nowhere.Address.GetAddressBytes()], reply.Bytes[20..28]);
        AssertMidnightTime(BinaryPrimitives.ReadUInt32BigEndian(reply.Bytes.AsSpan(28)));

        // Only for us, if we are named (flag 3).
        host.Send(Wire.V4(host.Address, s_nowhere.Address, Wire.Icmp4, host.Echo(s_nowhere.Address, 13, "abc"u8), [68, 12, 5, 3, 9, 9, 9, 9, 0, 0, 0, 0]));
        reply = await host.ExpectIcmpAsync(0);
        Assert.Equal([68, 12, 5, 3, 9, 9, 9, 9, 0, 0, 0, 0], reply.Bytes[20..32]);

        // No room: the overflow is counted.
        host.Send(Wire.V4(host.Address, s_nowhere.Address, Wire.Icmp4, host.Echo(s_nowhere.Address, 14, "abc"u8), [68, 8, 9, 0x20, 1, 2, 3, 4]));
        reply = await host.ExpectIcmpAsync(0);
        Assert.Equal([68, 8, 9, 0x30, 1, 2, 3, 4], reply.Bytes[20..28]);
    }

    public async Task MartianSources_GetNoAnswer(Host host)
    {
        foreach (string source in (string[])["0.0.0.0", "127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "10.77.255.255", "0.1.2.3"])
        {
            IPAddress from = IPAddress.Parse(source);
            host.Send(Wire.V4(from, s_nowhere.Address, Wire.Icmp4, Wire.IcmpMessage(from, s_nowhere.Address, 8, 0, 5, host.Address.GetAddressBytes())));
            host.Send(Wire.V4(from, s_nowhere.Address, 253, new byte[20]));
        }

        await host.PingAsync(s_nowhere.Address);
    }

    public async Task LandPackets_HurtNobody(Host host)
    {
        IPEndPoint same = new(s_nowhere.Address, 80);
        host.Send(Wire.V4(same.Address, same.Address, Wire.Tcp, Wire.TcpSegment(same, same, 1, 0, 2, 1000, null, [])));
        host.Send(Wire.V4(same.Address, same.Address, Wire.Udp, Wire.Datagram(same, same, new byte[4])));
        await host.PingAsync(s_nowhere.Address);
    }

    public async Task Fragments_InAnyOrder_AreOneDatagram(Host host)
    {
        byte[] echo = host.Echo(s_nowhere.Address, 21, Host.Bytes(4000));
        foreach (int[] order in (int[][])[[0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1], [0, 0, 1, 1, 2], [2, 2, 0, 1]])
        {
            int id = Random.Shared.Next(65_536);
            foreach (int piece in order)
            {
                int start = piece * 1400;
                bool more = piece < 2;
                byte[] body = echo[start..(more ? start + 1400 : echo.Length)];
                host.Send(Wire.V4(host.Address, s_nowhere.Address, Wire.Icmp4, body, fragmentWord: (start / 8) | (more ? 0x2000 : 0), id: id));
            }

            await ExpectLargeEchoAsync(host, echo);
        }
    }

    public async Task Fragments_OfEightBytes_AreOneDatagram(Host host)
    {
        byte[] echo = host.Echo(s_nowhere.Address, 22, Host.Bytes(120));
        for (int start = 0; start < echo.Length; start += 8)
        {
            bool more = start + 8 < echo.Length;
            host.Send(Wire.V4(host.Address, s_nowhere.Address, Wire.Icmp4, echo.AsSpan(start..(start + 8)), fragmentWord: (start / 8) | (more ? 0x2000 : 0), id: 4711));
        }

        Assert.Equal(echo[8..], (await host.ExpectIcmpAsync(0)).Payload);
    }

    public async Task Fragments_OfDifferentDatagrams_AreNotMixed(Host host)
    {
        byte[] a = host.Echo(s_nowhere.Address, 31, Host.Bytes(56));
        byte[] b = host.Echo(s_nowhere.Address, 32, Host.Bytes(56));
        IPAddress other = IPAddress.Parse("198.18.0.99");
        byte[] c = host.Echo(other, 33, Host.Bytes(56));
        foreach ((byte[] echo, IPAddress to, int id) in ((byte[], IPAddress, int)[])[(a, s_nowhere.Address, 1), (b, s_nowhere.Address, 2), (c, other, 1)])
        {
            host.Send(Wire.V4(host.Address, to, Wire.Icmp4, echo.AsSpan(32..), fragmentWord: 4, id: id));
        }

        foreach ((byte[] echo, IPAddress to, int id) in ((byte[], IPAddress, int)[])[(c, other, 1), (b, s_nowhere.Address, 2), (a, s_nowhere.Address, 1)])
        {
            host.Send(Wire.V4(host.Address, to, Wire.Icmp4, echo.AsSpan(..32), fragmentWord: 0x2000, id: id));
        }

        foreach ((byte[] echo, uint rest) in ((byte[], uint)[])[(a, 31), (b, 32), (c, 33)])
        {
            Assert.Equal(echo[8..], (await host.ExpectAsync("an echo", seen => seen.IsIcmp && seen.Rest == rest)).Payload);
        }
    }

    public async Task Fragments_ThatOverlapOrAreOfOddLength_MakeNoDatagram(Host host)
    {
        byte[] echo = host.Echo(s_nowhere.Address, 41, Host.Bytes(120));
        host.Send(Wire.V4(host.Address, s_nowhere.Address, Wire.Icmp4, echo.AsSpan(..64), fragmentWord: 0x2000, id: 5));
        host.Send(Wire.V4(host.Address, s_nowhere.Address, Wire.Icmp4, echo.AsSpan(56..), fragmentWord: 7, id: 5));
        host.Send(Wire.V4(host.Address, s_nowhere.Address, Wire.Icmp4, echo.AsSpan(..63), fragmentWord: 0x2000, id: 6));
        host.Send(Wire.V4(host.Address, s_nowhere.Address, Wire.Icmp4, echo.AsSpan(64..), fragmentWord: 8, id: 6));
        host.Send(Wire.V4(host.Address, s_nowhere.Address, Wire.Icmp4, new byte[64], fragmentWord: 0x1FFF, id: 7)); // the ping of death
        await host.ExpectNothingAsync("silence", _ => true);
    }

    public async Task LaterFragments_AreNeverAnswered(Host host)
    {
        host.Send(Wire.V4(host.Address, s_nowhere.Address, 253, Host.Bytes(64), fragmentWord: 8, id: 9));
        host.Send(Wire.V4(host.Address, s_nowhere.Address, Wire.Icmp4, Host.Bytes(64), [7, 0, 0, 0], fragmentWord: 8, id: 10));
        await host.ExpectNothingAsync("silence", _ => true);
    }

    private static void AssertMidnightTime(uint time)
    {
        // Either milliseconds since midnight UT, or anything else with the high bit set (RFC 791 3.1).
        double now = DateTime.UtcNow.TimeOfDay.TotalMilliseconds;
        Assert.True((time & 0x8000_0000) != 0 || Math.Abs(time - now) < 60_000, $"{time} is not the time of day, which is {now}");
    }

    private static async Task ExpectLargeEchoAsync(Host host, byte[] echo)
    {
        byte[] whole = new byte[echo.Length];
        int have = 0;
        uint? id = null;
        while (have < echo.Length)
        {
            Seen piece = await host.ExpectAsync("a fragment of the echo", seen => seen.IsFragment && seen.Protocol == Wire.Icmp4);
            Assert.True(piece.Bytes.Length <= 1500 && !piece.DontFragment && (!piece.MoreFragments || piece.Payload.Length % 8 == 0));
            Assert.Equal(id ?? piece.FragmentId, piece.FragmentId);
            id = piece.FragmentId;
            piece.Payload.CopyTo(whole, piece.FragmentOffset);
            have += piece.Payload.Length;
        }

        Assert.Equal(0, whole[0]);
        Assert.Equal(echo[4..], whole[4..]);
    }
}
