using NetControl.Engine.Sessions;
using NetControl.Engine.Tests.Devices;
using NetControl.Network;
using NetControl.Stack.Icmp;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;
using NetControl.Testing;
using NetControl.Testing.Proxies;

namespace NetControl.Engine.Tests.Flows;

/// <summary>Packets that come in on a queue that does not own their flow.</summary>
public sealed class HandOffTests
{
    [Fact]
    public async Task TcpSegmentsOnBothQueues_AreOneSession_AndTheBytesAreIntact()
    {
        using EchoServer echo = new();
        using TwoQueueDevice device = new();
        await using LoopRig rig = device.Rig;
        using PeerHost host = new(device);
        AddrPort to = LoopbackDialer.Outside(echo.EndPoint);
        Random random = new(11);
        device.Steer = () =>
        {
            lock (random)
            {
                return random.Next(2);
            }
        };
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            TcpPeer peer = await host.ConnectAsync(to);
            byte[] sent = TcpFlowTests.Noise(300_000 + i);
            Task sending = Task.Run(() => peer.SendAsync(sent));
            byte[] got = await peer.ReceiveExactlyAsync(sent.Length);
            await sending;
            TcpFlowTests.AssertSame(sent, got);
            peer.Close();
            Assert.Empty(await peer.ReceiveToEndAsync());
        }));
        Assert.Equal(8, echo.Connections);
        Assert.Equal(8, rig.Contexts.Sum(context => context.Tallies.Sum(tally => tally.Opened)));
    }

    [Fact]
    public async Task IcmpErrorOnTheOtherQueue_ReachesItsConnection()
    {
        using EchoServer echo = new();
        using TwoQueueDevice device = new();
        await using LoopRig rig = device.Rig;
        using PeerHost host = new(device);
        AddrPort to = LoopbackDialer.Outside(echo.EndPoint);
        AddrPort from = host.NextSource(to);
        int queue = 0;
        device.Steer = () => queue;
        host.SendTcp(from, to, 100, 0, TcpFlags.Syn);
        uint theirs = (await ExpectTcpAsync(host, from, TcpFlags.Syn)).Seq.Value;
        host.SendTcp(from, to, 101, theirs + 1, TcpFlags.Ack, "hello"u8);
        await ExpectTcpAsync(host, from, TcpFlags.Psh); // the echo, which is not acknowledged

        queue = 1;
        byte[] quoted = new byte[100];
        int length = TcpPacket.WriteHeaders(quoted, to, from, new(theirs + 1), new(106), TcpFlags.Ack, 1000, default, 5, 0) + 5;
        byte[] error = new byte[200];
        host.Send(error.AsSpan(0, IcmpErrors.WriteUnreachable(error, quoted.AsSpan(0, length), UnreachableReason.Port)));
        using CancellationTokenSource patience = new(PeerHost.Patience);
        while (await rig.On(0, () => rig.Contexts[0].Tallies.Sum(tally => tally.Closed.Sum())) == 0)
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    private static async Task<ParsedPacket> ExpectTcpAsync(PeerHost host, AddrPort to, TcpFlags flag)
    {
        byte[] packet = await host.ExpectAsync((_, parsed) => parsed.Protocol == IpProtocol.Tcp && parsed.To == to && (parsed.Flags & flag) != 0);
        ParsedPacket.TryParse(packet, ChecksumTrust.Verify, out ParsedPacket parsed);
        return parsed;
    }

    [Fact]
    public async Task DatagramsOfOneSourceOnBothQueues_AreOneSession()
    {
        using EchoServer echo = new();
        using TwoQueueDevice device = new();
        await using LoopRig rig = device.Rig;
        using PeerHost host = new(device);
        AddrPort to = LoopbackDialer.Outside(echo.EndPoint);
        int next = 0;
        device.Steer = () => Interlocked.Increment(ref next) & 1;
        for (int round = 0; round < 50; round++)
        {
            AddrPort source = host.NextSource(to);
            for (int i = 0; i < 6; i++)
            {
                host.SendUdp(source, to, TcpFlowTests.Noise(100 + i));
            }

            HashSet<int> sizes = [];
            for (int i = 0; i < 6; i++)
            {
                (_, byte[] payload) = await host.ExpectUdpAsync(source);
                Assert.Equal(TcpFlowTests.Noise(payload.Length), payload);
                sizes.Add(payload.Length);
            }

            Assert.Equal(6, sizes.Count);
            Assert.Equal(round + 1, rig.Listener.Opened);
        }
    }

    [Fact]
    public async Task SuperDatagram_OnTheWrongQueue_ArrivesInItsPieces()
    {
        using EchoServer echo = new();
        using TwoQueueDevice device = new();
        await using LoopRig rig = device.Rig;
        using PeerHost host = new(device);
        AddrPort to = LoopbackDialer.Outside(echo.EndPoint);
        AddrPort source = host.NextSource(to);
        device.Steer = static () => 1;
        host.SendUdp(source, to, [1]);
        await host.ExpectUdpAsync(source);

        byte[] payload = TcpFlowTests.Noise(2500);
        byte[] packet = new byte[3000];
        int length = UdpPacket.Write(packet, source, to, payload);
        await rig.On(0, () => rig.Core.Queues[0].Flows.OnDatagrams(packet.AsSpan(0, length), 1000));
        List<byte[]> pieces = [];
        for (int i = 0; i < 3; i++)
        {
            pieces.Add((await host.ExpectUdpAsync(source)).Payload);
        }

        Assert.Equal([1000, 1000, 500], pieces.Select(piece => piece.Length));
        Assert.Equal(payload, pieces.SelectMany(piece => piece));
    }

    [Fact]
    public async Task SessionsThatComeAndGoOnBothQueuesAtOnce_LeaveNothingBehind()
    {
        using EchoServer echo = new();
        using TwoQueueDevice device = new();
        await using LoopRig rig = device.Rig;
        using PeerHost host = new(device);
        AddrPort to = LoopbackDialer.Outside(echo.EndPoint);
        AddrPort source = host.NextSource(to);
        byte[] packet = new byte[100];
        int length = UdpPacket.Write(packet, source, to, [1]);

        // One source, both loops at once, each ending what it owns again and again: claims, releases and hand-offs cross.
        Task[] loops = [.. Enumerable.Range(0, 2).Select(i => Task.Run(async () =>
        {
            for (int round = 0; round < 400; round++)
            {
                await rig.On(i, () =>
                {
                    rig.Core.Queues[i].Deliver(packet.AsSpan(0, length), ChecksumTrust.Verify);
                    rig.Core.Queues[i].Deliver(packet.AsSpan(0, length), ChecksumTrust.Verify);
                    return rig.Core.Queues[i].Flows.CloseSessions(null, SessionCause.ClosedByOperator);
                });
            }
        }))];
        await Task.WhenAll(loops);
        for (int i = 0; i < 4; i++)
        {
            await rig.On(i % 2, () => rig.Core.Queues[i % 2].Flows.CloseSessions(null, SessionCause.ClosedByOperator));
        }

        Assert.Equal(0, rig.Contexts.Sum(context => context.Sessions));
        Assert.Equal(-1, rig.Core.Directory!.Find(new FlowKey(IpProtocol.Udp, source, default)));
    }
}
