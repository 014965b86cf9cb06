using System.Net;
using System.Net.Sockets;
using NetControl.Engine.Sessions;
using NetControl.Network;
using NetControl.Stack.Icmp;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;
using NetControl.Testing;

namespace NetControl.Engine.Tests.Flows;

/// <summary>ICMP errors that the client's side sends about packets of ours, down to the session that they mean.</summary>
public sealed class ClientIcmpTests
{
    [Theory]
    [InlineData(false, 1300)]
    [InlineData(false, 576)]
    [InlineData(true, 1280)]
    public async Task TooBig_MakesTheSegmentsSmaller_AndWhatWasLostGoesAgain(bool v6, int mtu)
    {
        using Upstream upstream = new(v6 ? IPAddress.IPv6Loopback : IPAddress.Loopback);
        await using TestEngine test = new();
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        uint first = peer.ReceiveNext;
        peer.Vanish();
        far.Send(new byte[8000]);
        byte[] large = await test.Host.ExpectAsync((packet, parsed) => parsed.Seq.Value == first && packet.Length == 1500);
        Answer(test, large, (room, packet) => IcmpErrors.WriteTooBig(room, packet, mtu));
        byte[] again = await test.Host.ExpectAsync((packet, parsed) => parsed.Seq.Value == first && packet.Length == mtu);
        Assert.Equal(0, again[v6 ? 0 : 1] & 0x0F);
        TcpSessionInfo tcp = await MachineAsync(test, peer);
        int headers = ParsedPacket.TryParse(again, ChecksumTrust.Verify, out ParsedPacket parsed) == ParseResult.Ok ? parsed.PayloadOffset : 0;
        Assert.Equal(mtu - headers, tcp.SendMss);
    }

    [Theory]
    [InlineData(1500)]
    [InlineData(9000)]
    [InlineData(67)]
    public async Task TooBig_ThatIsNot_ChangesNothing(int mtu)
    {
        using Upstream upstream = new();
        await using TestEngine test = new();
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        peer.Vanish();
        far.Send(new byte[8000]);
        byte[] large = await test.Host.ExpectAsync((packet, _) => packet.Length == 1500);
        int before = (await MachineAsync(test, peer)).SendMss;
        Answer(test, large, (room, packet) => IcmpErrors.WriteTooBig(room, packet, mtu));
        Assert.Equal(before, (await MachineAsync(test, peer)).SendMss);
    }

    [Fact]
    public async Task TooBig_ThatQuotesNoByteUnderWay_ChangesNothing()
    {
        using Upstream upstream = new();
        await using TestEngine test = new();
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        peer.Vanish();
        far.Send(new byte[8000]);
        byte[] large = await test.Host.ExpectAsync((packet, _) => packet.Length == 1500);
        int before = (await MachineAsync(test, peer)).SendMss;
        large[24] ^= 0x40; // the sequence number: what somebody who has not seen the segment must guess
        Answer(test, Fixed(large), (room, packet) => IcmpErrors.WriteTooBig(room, packet, 600));
        Assert.Equal(before, (await MachineAsync(test, peer)).SendMss);
    }

    [Theory]
    [InlineData(UnreachableReason.Port, true)]
    [InlineData(UnreachableReason.Host, false)] // RFC 1122 section 4.2.3.9: soft, and so no reason to give up
    [InlineData(UnreachableReason.Prohibited, false)]
    [InlineData(UnreachableReason.Port, false, 1)] // hard, but not about the SYN-ACK
    public async Task Unreachable_DuringTheHandshake_EndsTheSessionWhereItIsHard(UnreachableReason reason, bool ends, byte flip = 0)
    {
        using Upstream upstream = new();
        await using TestEngine test = new();
        AddrPort source = test.Host.NextSource(upstream.Address);
        test.Host.SendTcp(source, upstream.Address, 1, 0, TcpFlags.Syn);
        using Socket far = await upstream.AcceptAsync();
        byte[] synAck = await test.Host.ExpectAsync((_, parsed) => parsed.Flags == (TcpFlags.Syn | TcpFlags.Ack));
        synAck[27] ^= flip; // in the sequence number
        Answer(test, Fixed(synAck), (room, packet) => IcmpErrors.WriteUnreachable(room, packet, reason));
        if (!ends)
        {
            Assert.Single(await test.Engine.ListSessionsAsync(null, default));
            return;
        }

        Assert.Equal(SessionCause.ClientAborted, (await test.ClosedAsync(source)).Cause);
        Assert.Equal(0, test.Device.Usage.HalfOpen);
        await Assert.ThrowsAsync<SocketException>(() => far.ReceiveAsync(new byte[1]).WaitAsync(PeerHost.Patience));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task HardError_AboutWhatIsInFlight_EndsTheConnection(bool v6)
    {
        using Upstream upstream = new(v6 ? IPAddress.IPv6Loopback : IPAddress.Loopback);
        await using TestEngine test = new();
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        uint first = peer.ReceiveNext;
        peer.Vanish();
        far.Send(new byte[100]);
        byte[] segment = await test.Host.ExpectAsync((_, parsed) => parsed.Seq.Value == first && parsed.PayloadLength == 100);
        Answer(test, segment, (room, packet) => IcmpErrors.WriteUnreachable(room, packet, UnreachableReason.Port));
        Assert.Equal(SessionCause.ClientReset, (await test.ClosedAsync(peer.Source)).Cause);
        await Assert.ThrowsAsync<SocketException>(() => far.ReceiveAsync(new byte[1]).WaitAsync(PeerHost.Patience));
    }

    [Theory]
    [InlineData(false, UnreachableReason.Port, 200)] // RFC 5927 section 4.1: behind all that was sent
    [InlineData(false, UnreachableReason.Port, -1)] // acknowledged long ago
    [InlineData(true, UnreachableReason.Port, 0x4000_0000)]
    [InlineData(false, UnreachableReason.Host, 0)] // in flight, but soft: RFC 1122 section 4.2.3.9, RFC 9293 MUST-56
    [InlineData(false, UnreachableReason.Prohibited, 0)]
    [InlineData(true, UnreachableReason.Host, 0)]
    public async Task Error_ThatIsSoftOrAboutNothingInFlight_DoesNotEndTheConnection(bool v6, UnreachableReason reason, int beyond)
    {
        using Upstream upstream = new(v6 ? IPAddress.IPv6Loopback : IPAddress.Loopback);
        await using TestEngine test = new();
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        uint first = peer.ReceiveNext;
        peer.Vanish();
        far.Send(new byte[100]);
        await test.Host.ExpectAsync((_, parsed) => parsed.Seq.Value == first && parsed.PayloadLength == 100);
        byte[] quoted = new byte[TcpPacket.MaxHeadersLength];
        TcpOptions none = default;
        int length = TcpPacket.Write(
            quoted, peer.Destination, peer.Source, new(first + (uint)beyond), new(peer.SendNext), TcpFlags.Ack, 1000, none, default);
        Answer(test, quoted[..length], (room, packet) => IcmpErrors.WriteUnreachable(room, packet, reason));
        Assert.Equal("ESTABLISHED", (await MachineAsync(test, peer)).State);
        await test.Host.ExpectAsync((_, parsed) => parsed.Seq.Value == first && parsed.PayloadLength == 100); // and goes on with what it lost
        Assert.Equal(0, test.Device.Drops.Sum());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PortUnreachable_OfAReply_DoesNotEndItsMapping(bool v6)
    {
        // RFC 4787 REQ-12: a reply that came after its socket was closed says nothing of the next one's.
        using Testing.Proxies.EchoServer echo = v6 ? new(IPAddress.IPv6Loopback, 0) : new();
        await using TestEngine test = new();
        AddrPort remote = LoopbackDialer.Outside(echo.EndPoint);
        AddrPort source = test.Host.NextSource(remote);
        test.Host.SendUdp(source, remote, [1]);
        byte[] reply = await test.Host.ExpectAsync((_, parsed) => parsed.Protocol == IpProtocol.Udp);
        ulong id = Assert.Single(await test.Engine.ListSessionsAsync(null, default)).Id;
        Answer(test, reply, (room, packet) => IcmpErrors.WriteUnreachable(room, packet, UnreachableReason.Port));
        test.Host.SendUdp(source, remote, [2]);
        Assert.Equal([2], (await test.Host.ExpectUdpAsync(source)).Payload);
        Assert.Equal(id, Assert.Single(await test.Engine.ListSessionsAsync(null, default)).Id);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Errors_OfAQuietConnection_DoNotEndIt(bool unreachable)
    {
        // RFC 1122 section 4.2.3.9 and RFC 5461: anybody on the way can send one. Nothing is in flight here, so a hard one is no better.
        using Upstream upstream = new();
        await using TestEngine test = new();
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        far.Send(new byte[100]);
        await peer.ReceiveExactlyAsync(100);
        byte[] segment = new byte[TcpPacket.MaxHeadersLength];
        TcpOptions none = default;
        int length = TcpPacket.Write(
            segment, peer.Destination, peer.Source, new(peer.ReceiveNext), new(peer.SendNext), TcpFlags.Ack, 1000, none, default);
        Answer(test, segment[..length], (room, packet) => unreachable
            ? IcmpErrors.WriteUnreachable(room, packet, UnreachableReason.Port)
            : IcmpErrors.WriteTimeExceeded(room, packet, duringReassembly: false));
        far.Send(new byte[100]);
        await peer.ReceiveExactlyAsync(100);
        Assert.Equal("ESTABLISHED", (await MachineAsync(test, peer)).State);
        Assert.Equal(0, test.Device.Drops.Sum());
    }

    [Fact]
    public async Task Errors_OfADatagram_LeaveItsSessionAlone()
    {
        SilentProxy proxy = new();
        await using TestEngine test = new(proxy: _ => proxy);
        AddrPort remote = AddrPort.Parse("198.18.0.1:53");
        AddrPort source = test.Host.NextSource(remote);
        test.Host.SendUdp(source, remote, [1]);
        await test.Events.ExpectAsync(SessionEventKind.Opened, info => info.Source == source);
        byte[] reply = new byte[UdpPacket.MaxHeadersLength];
        byte[] ours = reply[..UdpPacket.Write(reply, remote, source, default)];
        Answer(test, ours, (room, packet) => IcmpErrors.WriteTimeExceeded(room, packet, duringReassembly: false));
        Answer(test, ours, (room, packet) => IcmpErrors.WriteUnreachable(room, packet, UnreachableReason.Host));
        Answer(test, ours, (room, packet) => IcmpErrors.WriteUnreachable(room, packet, UnreachableReason.Port));
        Assert.Single(await test.Engine.ListSessionsAsync(null, default)); // RFC 4787 REQ-12
    }

    private static void Answer(TestEngine test, byte[] about, Func<byte[], byte[], int> write)
    {
        byte[] room = new byte[2048];
        int length = write(room, about);
        Assert.NotEqual(0, length);
        test.Host.Send(room.AsSpan(0, length));
    }

    private static byte[] Fixed(byte[] packet)
    {
        TcpPacket.CompleteChecksum(packet.AsSpan(0, 40 + (((packet[32] >> 4) - 5) * 4)), packet.AsSpan(40 + (((packet[32] >> 4) - 5) * 4)));
        return packet;
    }

    private static async Task<TcpSessionInfo> MachineAsync(TestEngine test, TcpPeer peer)
    {
        SessionInfo info = Assert.Single(await test.Engine.ListSessionsAsync((in SessionInfo s) => s.Source == peer.Source, default));
        return (await test.Engine.GetSessionAsync(info.Id, default))!.Value.Tcp!.Value;
    }
}
