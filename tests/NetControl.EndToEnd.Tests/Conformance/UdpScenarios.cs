using System.Net;
using System.Net.Sockets;

namespace NetControl.EndToEnd.Tests.Conformance;

/// <summary>UDP (RFC 768, 1122 4.1, 8200 8.1, 8085, 4787).</summary>
public sealed class UdpScenarios : Scenarios
{
    public async Task Datagrams_OfEverySize_GoBothWays(Host host)
    {
        Socket upstream = Udp(host);
        IPEndPoint from = host.NextEndPoint();
        foreach (int size in (int[])[0, 1, 2, 9, 512, 1400, 1440])
        {
            byte[] data = Host.Bytes(size);
            host.SendUdp(from, (IPEndPoint)upstream.LocalEndPoint!, data);
            (byte[] got, EndPoint back) = await ReceiveAsync(upstream);
            Assert.Equal(data, got);
            await upstream.SendToAsync(data, back);
            Seen reply = await ExpectUdpAsync(host, from);
            Assert.Equal(data, reply.Payload);
            Assert.Equal(((IPEndPoint)upstream.LocalEndPoint!).Port, reply.SourcePort);
        }
    }

    public async Task LargeReply_ComesInFragments(Host host)
    {
        Socket upstream = Udp(host);
        IPEndPoint from = host.NextEndPoint();
        host.SendUdp(from, (IPEndPoint)upstream.LocalEndPoint!, [1]);
        (_, EndPoint back) = await ReceiveAsync(upstream);
        byte[] data = Host.Bytes(20_000);
        await upstream.SendToAsync(data, back);
        byte[] whole = new byte[data.Length + 8];
        int have = 0;
        while (have < whole.Length)
        {
            Seen piece = await host.ExpectAsync("a fragment", seen => seen.IsFragment && seen.Protocol == Wire.Udp);
            Assert.True(piece.Bytes.Length <= 1500 && (!piece.MoreFragments || piece.Payload.Length % 8 == 0));
            piece.Payload.CopyTo(whole, piece.FragmentOffset);
            have += piece.Payload.Length;
        }

        Assert.Equal(data, whole[8..]);
        Assert.NotEqual(0, whole[6] | whole[7]);
    }

    public async Task LargestDatagram_InFragments_GoesThrough(Host host)
    {
        Socket upstream = Udp(host);
        IPEndPoint to = (IPEndPoint)upstream.LocalEndPoint!;
        byte[] data = Host.Bytes(65_507);
        byte[] body = Wire.Datagram(host.NextEndPoint(), to, data);
        const int Piece = 1440;
        for (int start = 0; start < body.Length; start += Piece)
        {
            bool more = start + Piece < body.Length;
            byte[] part = body[start..Math.Min(start + Piece, body.Length)];
            host.Send(host.IsV4
                ? Wire.V4(host.Address, to.Address, Wire.Udp, part, fragmentWord: (start / 8) | (more ? 0x2000 : 0), id: 77)
                : Wire.V6(host.Address, to.Address, Wire.FragmentHeader, [.. Wire.Fragment6(Wire.Udp, start, more, 77), .. part]));
        }

        (byte[] got, _) = await ReceiveAsync(upstream);
        Assert.Equal(data, got);
    }

    public async Task RefusedPort_IsPortUnreachableQuotingTheDatagram(Host host)
    {
        IPEndPoint from = host.NextEndPoint();
        byte[] packet = Wire.Ip(host.Address, Peer(host), Wire.Udp, Wire.Datagram(from, Refusing(host), "who is there?"u8));
        host.Send(packet);
        Seen error = await host.ExpectIcmpAsync((byte)(host.IsV4 ? 3 : 1));
        Assert.Equal(host.IsV4 ? 3 : 4, error.Code);
        Assert.Equal(Peer(host), error.Source);
        Assert.Equal(packet, error.Payload);

        // As much of a large one as the family allows.
        packet = Wire.Ip(host.Address, Peer(host), Wire.Udp, Wire.Datagram(host.NextEndPoint(), Refusing(host), Host.Bytes(1400)));
        host.Send(packet);
        error = await host.ExpectIcmpAsync((byte)(host.IsV4 ? 3 : 1));
        Assert.Equal(packet[..(host.IsV4 ? 548 : 1232)], error.Payload);
    }

    public async Task WrongLengths_AreDropped(Host host)
    {
        Socket upstream = Udp(host);
        IPEndPoint to = (IPEndPoint)upstream.LocalEndPoint!;
        IPEndPoint from = host.NextEndPoint();
        foreach (int length in (int[])[0, 7, 14, 65_535])
        {
            byte[] datagram = Wire.Datagram(from, to, "12345"u8);
            (datagram[4], datagram[5]) = ((byte)(length >> 8), (byte)length);
            host.Send(to.Address, Wire.Udp, Wire.Sum(datagram, 6, from.Address, to.Address, Wire.Udp));
        }

        host.Send(to.Address, Wire.Udp, Wire.Datagram(from, to, []).AsSpan(..7));
        await AssertNextAsync(host, upstream, from);
    }

    public async Task ShorterThanItsPacket_EndsWhereItSays(Host host)
    {
        Socket upstream = Udp(host);
        IPEndPoint to = (IPEndPoint)upstream.LocalEndPoint!;
        byte[] datagram = Wire.Datagram(host.NextEndPoint(), to, "12345"u8);
        host.Send(to.Address, Wire.Udp, [.. datagram, 9, 9, 9]);
        Assert.Equal("12345"u8.ToArray(), (await ReceiveAsync(upstream)).Data);
    }

    public async Task Checksums_WrongOrMissing_AreJudgedByTheFamily(Host host)
    {
        Socket upstream = Udp(host);
        IPEndPoint to = (IPEndPoint)upstream.LocalEndPoint!;
        IPEndPoint from = host.NextEndPoint();
        byte[] wrong = Wire.Datagram(from, to, "wrong"u8);
        wrong[7] ^= 1;
        host.Send(to.Address, Wire.Udp, wrong);
        byte[] missing = Wire.Datagram(from, to, "none"u8);
        missing[6] = missing[7] = 0;
        host.Send(to.Address, Wire.Udp, missing);
        if (host.IsV4)
        {
            Assert.Equal("none"u8.ToArray(), (await ReceiveAsync(upstream)).Data);
        }

        await AssertNextAsync(host, upstream, from);
    }

    public async Task ChecksumThatComesOutAsZero_IsSentAsOnes(Host host)
    {
        Socket upstream = Udp(host);
        IPEndPoint to = (IPEndPoint)upstream.LocalEndPoint!;
        IPEndPoint from = host.NextEndPoint();
        host.SendUdp(from, to, [0]);
        (_, EndPoint back) = await ReceiveAsync(upstream);

        // Two bytes that make the sum of the reply all ones, so that the checksum would be zero.
        byte[] probe = Wire.Datagram(to, from, [0, 0]);
        ushort sum = (ushort)((probe[6] << 8) | probe[7]);
        await upstream.SendToAsync((byte[])[(byte)(sum >> 8), (byte)sum], back);
        Seen reply = await ExpectUdpAsync(host, from);
        Assert.Equal(0xFFFF, (reply.Bytes[reply.HeaderLength + 6] << 8) | reply.Bytes[reply.HeaderLength + 7]);
    }

    public async Task OneSocket_IsOneMapping_ToWhomAnybodyMayAnswer(Host host)
    {
        Socket a = Udp(host);
        Socket b = Udp(host);
        Socket stranger = Udp(host);
        IPEndPoint from = host.NextEndPoint();
        host.SendUdp(from, (IPEndPoint)a.LocalEndPoint!, [1]);
        (_, EndPoint backA) = await ReceiveAsync(a);
        host.SendUdp(from, (IPEndPoint)b.LocalEndPoint!, [2]);
        (_, EndPoint backB) = await ReceiveAsync(b);
        Assert.Equal(backA, backB);
        await stranger.SendToAsync("boo"u8.ToArray(), backA);
        Assert.Equal(((IPEndPoint)stranger.LocalEndPoint!).Port, (await ExpectUdpAsync(host, from)).SourcePort);
    }

    public async Task IcmpFromTheClient_DoesNotEndTheMapping(Host host)
    {
        Socket upstream = Udp(host);
        IPEndPoint to = (IPEndPoint)upstream.LocalEndPoint!;
        IPEndPoint from = host.NextEndPoint();
        host.SendUdp(from, to, [1]);
        (_, EndPoint back) = await ReceiveAsync(upstream);
        byte[] quote = Wire.Ip(to.Address, from.Address, Wire.Udp, Wire.Datagram(to, from, "12345678"u8));
        foreach ((byte type, byte code) in host.IsV4 ? ((byte, byte)[])[(3, 3), (3, 1), (3, 13), (11, 0), (12, 0), (4, 0)] : [(1, 4), (1, 0), (1, 1), (3, 0), (4, 1), (2, 0)])
        {
            host.Send(to.Address, Wire.IcmpOf(to.Address), Wire.IcmpMessage(host.Address, to.Address, type, code, 1280, quote));
        }

        await Task.Delay(100);
        await upstream.SendToAsync("still"u8.ToArray(), back);
        Assert.Equal("still"u8.ToArray(), (await ExpectUdpAsync(host, from)).Payload);
        host.SendUdp(from, to, [3]);
        Assert.Equal(back, (await ReceiveAsync(upstream)).From);
    }

    public async Task IcmpFromTheWorld_DoesNotEndTheMapping(Host host)
    {
        Socket upstream = Udp(host);
        IPEndPoint to = (IPEndPoint)upstream.LocalEndPoint!;
        IPEndPoint from = host.NextEndPoint();
        host.SendUdp(from, to, [1]);
        (_, EndPoint back) = await ReceiveAsync(upstream);
        host.SendUdp(from, Refusing(host), [2]);
        await host.ExpectIcmpAsync((byte)(host.IsV4 ? 3 : 1));
        host.SendUdp(from, to, [3]);
        Assert.Equal(back, (await ReceiveAsync(upstream)).From);
        await upstream.SendToAsync("still"u8.ToArray(), back);
        Assert.Equal("still"u8.ToArray(), (await ExpectUdpAsync(host, from)).Payload);
    }

    private static Task<Seen> ExpectUdpAsync(Host host, IPEndPoint to) =>
        host.ExpectAsync("a datagram", seen => seen.IsUdp && seen.DestinationPort == to.Port);

    private static async Task<(byte[] Data, EndPoint From)> ReceiveAsync(Socket upstream)
    {
        byte[] room = new byte[70_000];
        using CancellationTokenSource limit = new(10_000);
        EndPoint any = new IPEndPoint(upstream.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        SocketReceiveFromResult result = await upstream.ReceiveFromAsync(room, SocketFlags.None, any, limit.Token);
        return (room[..result.ReceivedBytes], result.RemoteEndPoint);
    }

    /// <summary>What was sent before has not arrived; this does.</summary>
    private static async Task AssertNextAsync(Host host, Socket upstream, IPEndPoint from)
    {
        host.SendUdp(from, (IPEndPoint)upstream.LocalEndPoint!, "next"u8);
        Assert.Equal("next"u8.ToArray(), (await ReceiveAsync(upstream)).Data);
    }
}
