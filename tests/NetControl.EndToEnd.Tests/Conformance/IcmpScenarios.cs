using System.Net;
using System.Net.Sockets;

namespace NetControl.EndToEnd.Tests.Conformance;

/// <summary>ICMP and ICMPv6 (RFC 792, 1122 3.2.2, 1812 4.3, 4443, 6633).</summary>
public sealed class IcmpScenarios : Scenarios
{
    public async Task Echo_OfEverySize_ComesBackWhole(Host host)
    {
        IPAddress peer = Peer(host);
        foreach (int size in (int[])[0, 1, 2, 7, 56, 1000, 1399, 1400])
        {
            byte[] data = Host.Bytes(size);
            host.Send(peer, Wire.IcmpOf(peer), host.Echo(peer, (uint)size + 0x1234_0000, data));
            Seen reply = await host.ExpectIcmpAsync((byte)(host.IsV4 ? 0 : 129));
            Assert.Equal((0, (uint)size + 0x1234_0000), (reply.Code, reply.Rest));
            Assert.Equal(data, reply.Payload);
            Assert.Equal(peer, reply.Source);
        }
    }

    public async Task Echo_CarriesTheServiceBack(Host host)
    {
        IPAddress peer = Peer(host);
        host.Send(peer, Wire.IcmpOf(peer), host.Echo(peer, 1, []), tos: 0xB8);
        Assert.Equal(0xB8, (await host.ExpectIcmpAsync((byte)(host.IsV4 ? 0 : 129))).Tos);
    }

    public async Task BadChecksumShortOrUnknown_IsDroppedInSilence(Host host)
    {
        IPAddress peer = Peer(host);
        byte icmp = Wire.IcmpOf(peer);
        byte[] bad = host.Echo(peer, 1, "abc"u8);
        bad[2] ^= 1;
        host.Send(peer, icmp, bad);
        host.Send(peer, icmp, host.Echo(peer, 1, []).AsSpan(..7));
        host.Send(peer, icmp, []);

        // Unknown types, replies that nobody asked for, redirects, source quench, information requests.
        foreach (byte type in host.IsV4 ? (byte[])[1, 2, 7, 41, 100, 255, 0, 5, 4, 15, 16, 18, 14, 10, 9] : [129, 150, 200, 201, 255, 137, 101, 127])
        {
            host.Send(peer, icmp, Wire.IcmpMessage(host.Address, peer, type, 0, 0, Host.Bytes(40)));
        }

        await host.ExpectNothingAsync("silence", _ => true);
        await host.PingAsync(peer);
    }

    public async Task ErrorsAboutErrors_AreNeverSent(Host host)
    {
        IPAddress peer = Peer(host);
        byte icmp = Wire.IcmpOf(peer);
        byte[] quote = Wire.Ip(peer, host.Address, 253, Host.Bytes(30));
        foreach (byte type in host.IsV4 ? (byte[])[3, 4, 5, 11, 12] : [1, 2, 3, 4, 100, 127])
        {
            byte[] error = Wire.IcmpMessage(host.Address, peer, type, 0, 0, quote);
            if (host.IsV4)
            {
                host.Send(Wire.V4(host.Address, peer, icmp, error, [7, 0, 4, 0])); // with an option that is broken
            }
            else
            {
                host.Send(peer, Wire.DestinationOptions, [.. Wire.Options(icmp, 0xBE, 0), .. error]);
            }

            host.Send(peer, icmp, error);
        }

        await host.ExpectNothingAsync("silence", _ => true);
    }

    public async Task PacketsToGroups_CauseNoErrors(Host host)
    {
        foreach (string to in host.IsV4 ? (string[])["224.0.0.251", "255.255.255.255", "10.77.255.255"] : ["ff02::fb", "ff05::1:3"])
        {
            IPAddress group = IPAddress.Parse(to);
            host.Send(group, 253, Host.Bytes(30));
            host.SendUdp(host.NextEndPoint(), new IPEndPoint(group, 5353), Host.Bytes(30));
            host.Send(group, Wire.IcmpOf(group), host.Echo(group, 1, []));
        }

        await host.ExpectNothingAsync("silence", _ => true);
    }

    public async Task Quote_IsAsLongAsTheFamilyAllows(Host host)
    {
        IPEndPoint from = host.NextEndPoint();
        byte[] packet = Wire.Ip(host.Address, Peer(host), 253, Host.Bytes(1400));
        host.Send(packet);
        Seen error = await host.ExpectIcmpAsync((byte)(host.IsV4 ? 3 : 4));
        Assert.Equal(host.IsV4 ? 576 : 1280, error.Bytes.Length);
        Assert.Equal(packet[..error.Payload.Length], error.Payload);
        Assert.NotEqual(0, from.Port);
    }

    public async Task SoftErrors_DoNotEndAConnection_NorAHandshake(Host host)
    {
        (byte Type, byte Code)[] soft = host.IsV4
            ? [(3, 0), (3, 1), (3, 5), (3, 6), (3, 7), (3, 11), (3, 12), (11, 0), (11, 1), (12, 0), (12, 1), (4, 0)]
            : [(1, 0), (1, 2), (1, 3), (3, 0), (3, 1), (4, 0), (4, 1), (4, 2)];
        Socket listener = Listen(host);
        Conversation c = new(host, (IPEndPoint)listener.LocalEndPoint!);
        await c.OpenAsync();
        foreach ((byte type, byte code) in soft)
        {
            SendError(c, type, code, seq: 0);
        }

        await Task.Delay(100);
        c.Send("A 1 ack 1");
        Socket upstream = await AcceptAsync(listener);
        await upstream.SendAsync(Conversation.Content(0, 100));
        await c.ExpectAsync("A 1:101 ack 1", Soon);
        foreach ((byte type, byte code) in soft)
        {
            SendError(c, type, code, seq: 1);
        }

        await Task.Delay(100);
        c.Settled().Send("A 1:11 ack 101");
        await c.ExpectAsync("A 101 ack 11", Soon);
    }

    public async Task HardError_AboutWhatIsInFlight_EndsTheConnection(Host host)
    {
        foreach (byte code in host.IsV4 ? (byte[])[2, 3] : [1, 4])
        {
            (Conversation c, Socket upstream) = await ConnectAsync(host);
            await upstream.SendAsync(Conversation.Content(0, 100));
            await c.ExpectAsync("A 1:101 ack 1", Soon);
            SendError(c, (byte)(host.IsV4 ? 3 : 1), code, seq: 1);
            await ExpectUpstreamResetAsync(upstream);
        }
    }

    public async Task HardError_AboutNothingInFlight_IsNotBelieved(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        await upstream.SendAsync(Conversation.Content(0, 100));
        await c.ExpectAsync("A 1:101 ack 1", Soon);
        c.Send("A 1 ack 101");
        await Task.Delay(100);
        foreach (long seq in (long[])[-5000, 0, 1, 101, 500_000])
        {
            SendError(c, (byte)(host.IsV4 ? 3 : 1), (byte)(host.IsV4 ? 3 : 4), seq);
        }

        await Task.Delay(100);
        c.Settled().Send("A 1:11 ack 101");
        await c.ExpectAsync("A 101 ack 11", Soon);
    }

    public async Task TooBig_MakesSegmentsSmaller_AtOnce(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host, "S 0 win 60000 mss 1400");
        await upstream.SendAsync(Conversation.Content(0, 2800));
        await c.ExpectAsync("A 1401:2801 ack 1", Soon);
        int mtu = host.IsV4 ? 576 : 1280;
        SendError(c, (byte)(host.IsV4 ? 3 : 2), (byte)(host.IsV4 ? 4 : 0), seq: 1, rest: (uint)mtu);
        int size = mtu - (host.IsV4 ? 40 : 60);
        await c.ExpectAsync($"A 1:{1 + size} ack 1", Soon);
        await c.ExpectAsync($"A {1 + size}:{1 + (2 * size)} ack 1", Soon);
        c.Send("A 1 ack 2801");
        await upstream.SendAsync(Conversation.Content(2800, 2800));
        await c.ExpectAsync($"A 2801:{2801 + size} ack 1", Soon);
    }

    public async Task TooBig_ThatIsBogus_ChangesNothing(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host, "S 0 win 60000 mss 1400");
        await upstream.SendAsync(Conversation.Content(0, 1400));
        await c.ExpectAsync("A 1:1401 ack 1", Soon);
        byte type = (byte)(host.IsV4 ? 3 : 2);
        byte code = (byte)(host.IsV4 ? 4 : 0);
        SendError(c, type, code, seq: 900_000, rest: 1280); // about nothing in flight
        SendError(c, type, code, seq: 1, rest: (uint)(host.IsV4 ? 67 : 1279)); // below what every link carries
        SendError(c, type, code, seq: 1, rest: 9000); // larger than now
        c.Send("A 1 ack 1401");
        await upstream.SendAsync(Conversation.Content(1400, 1400));
        await c.ExpectAsync("A 1401:2801 ack 1", Soon);
    }

    private static void SendError(Conversation c, byte type, byte code, long seq, uint rest = 0)
    {
        byte[] segment = Wire.TcpSegment(c.Remote, c.Local, c.TheirIsn + (uint)seq, c.Isn + 1, 0x10, 1000, null, new byte[8]);
        byte[] quote = Wire.Ip(c.Remote.Address, c.Local.Address, Wire.Tcp, segment);
        c.Host.Send(c.Remote.Address, Wire.IcmpOf(c.Remote.Address), Wire.IcmpMessage(c.Local.Address, c.Remote.Address, type, code, rest, quote));
    }
}
