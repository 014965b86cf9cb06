using System.Net;
using System.Net.Sockets;
using NetControl.Engine.Sessions;
using NetControl.Network;
using NetControl.Stack.Icmp;
using NetControl.Stack.Wire;
using NetControl.Testing;
using NetControl.Testing.Proxies;

namespace NetControl.Engine.Tests.Flows;

public sealed class UdpFlowTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Echo_ZeroLengthAndLargest_InFragmentsBothWays(bool v6)
    {
        using EchoServer echo = new(v6 ? IPAddress.IPv6Loopback : IPAddress.Loopback);
        await using TestEngine test = new();
        AddrPort to = LoopbackDialer.Outside(echo.EndPoint);
        AddrPort source = test.Host.NextSource(to);
        foreach (int size in new[] { 1, 0, 1400, 1472, 1473, 9000, 65_507, 3 })
        {
            byte[] payload = TcpFlowTests.Noise(size);
            test.Host.SendUdp(source, to, payload);
            (AddrPort from, byte[] got) = await test.Host.ExpectUdpAsync(source);
            Assert.Equal(to, from);
            Assert.True(payload.AsSpan().SequenceEqual(got), $"{size}");
        }

        Assert.Equal(1, test.Listener.Opened);
        SessionInfo session = Assert.Single(await test.Engine.ListSessionsAsync(null, CancellationToken.None));
        Assert.Equal((8L, 8L, session.BytesSent), (session.PacketsSent, session.PacketsReceived, session.BytesReceived));
        Assert.Equal(0, test.Device.Drops.Sum());
    }

    [Fact]
    public async Task OneSource_ManyDestinations_IsOneSession_AndAnybodyMayAnswer()
    {
        using EchoServer one = new();
        using EchoServer two = new();
        using Socket stranger = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        stranger.Bind(new IPEndPoint(IPAddress.Parse("127.0.3.3"), 0));
        using Socket first = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        first.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using TestEngine test = new();
        AddrPort to = LoopbackDialer.Outside(first.LocalEndPoint!);
        AddrPort source = test.Host.NextSource(to);
        test.Host.SendUdp(source, to, [1]);
        EndPoint mapped = new IPEndPoint(IPAddress.Any, 0);
        SocketReceiveFromResult seen = await first.ReceiveFromAsync(new byte[10], SocketFlags.None, mapped).WaitAsync(PeerHost.Patience);
        foreach (EchoServer echo in new[] { one, two })
        {
            test.Host.SendUdp(source, LoopbackDialer.Outside(echo.EndPoint), [2]);
            Assert.Equal(LoopbackDialer.Outside(echo.EndPoint), (await test.Host.ExpectUdpAsync(source)).From);
        }

        stranger.SendTo([9], new IPEndPoint(IPAddress.Loopback, ((IPEndPoint)seen.RemoteEndPoint).Port));
        (AddrPort from, byte[] payload) = await test.Host.ExpectUdpAsync(source);
        Assert.Equal(LoopbackDialer.Outside(stranger.LocalEndPoint!), from);
        Assert.Equal([9], payload);
        Assert.Equal(1, test.Listener.Opened);
    }

    [Fact]
    public async Task IdleSession_Ends_AndRepliesDoNotKeepItAlive()
    {
        using Socket far = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        far.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        ManualTimeProvider time = new();
        LoopbackListener? listener = null;
        await using TestEngine test = new(proxy: engine => new PacketListenerProxy(
            listener = new LoopbackListener(engine.PacketListener),
            new PacketListenerProxyOptions { TimeProvider = time, WriteIdleTimeout = TimeSpan.FromSeconds(10) }));
        AddrPort to = LoopbackDialer.Outside(far.LocalEndPoint!);
        AddrPort source = test.Host.NextSource(to);
        EndPoint any = new IPEndPoint(IPAddress.Any, 0);
        for (int i = 0; i < 3; i++)
        {
            test.Host.SendUdp(source, to, [1]);
            SocketReceiveFromResult seen = await far.ReceiveFromAsync(new byte[10], SocketFlags.None, any).WaitAsync(PeerHost.Patience);
            time.Advance(TimeSpan.FromSeconds(9));
            far.SendTo([2], seen.RemoteEndPoint);
            await test.Host.ExpectUdpAsync(source);
        }

        Assert.Single(await test.Engine.ListSessionsAsync(null, CancellationToken.None));
        time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Equal(SessionCause.Idle, (await test.ClosedAsync(source)).Cause);
        test.Host.SendUdp(source, to, [3]);
        await far.ReceiveFromAsync(new byte[10], SocketFlags.None, any).WaitAsync(PeerHost.Patience);
        Assert.Equal(2, listener!.Opened);
        Assert.Single(await test.Engine.ListSessionsAsync(null, CancellationToken.None));
    }

    [Fact]
    public async Task IdleSession_OnTheLoopsOwnClock_Ends()
    {
        using EchoServer echo = new();
        await using TestEngine test = new(proxy: engine => new PacketListenerProxy(
            new LoopbackListener(engine.PacketListener),
            new PacketListenerProxyOptions { TimeProvider = engine.TimeProvider, WriteIdleTimeout = TimeSpan.FromMilliseconds(60) }));
        AddrPort to = LoopbackDialer.Outside(echo.EndPoint);
        AddrPort source = test.Host.NextSource(to);
        test.Host.SendUdp(source, to, [1]);
        await test.Host.ExpectUdpAsync(source);
        Assert.Equal(SessionCause.Idle, (await test.ClosedAsync(source)).Cause);
        Assert.Equal(0, test.Engine.ReadCounters().Loops[0].Sessions);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClosedUpstreamPort_ReachesTheClientAsIcmp(bool v6)
    {
        Socket gone = new(v6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        gone.Bind(new IPEndPoint(v6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, 0));
        AddrPort to = LoopbackDialer.Outside(gone.LocalEndPoint!);
        gone.Dispose();
        await using TestEngine test = new();
        AddrPort source = test.Host.NextSource(to);
        test.Host.SendUdp(source, to, [1, 2, 3]);
        byte[] icmp = await test.Host.ExpectIcmpAsync(v6 ? IcmpTypes.UnreachableV6 : IcmpTypes.UnreachableV4);
        ParsedPacket.TryParse(icmp, ChecksumTrust.Verify, out ParsedPacket parsed);
        Assert.True(IcmpErrorMessage.TryParse(icmp, parsed, out IcmpErrorMessage error));
        Assert.Equal((UnreachableReason.Port, new FlowKey(IpProtocol.Udp, source, to)), (error.Reason, error.Flow));
        Assert.Single(await test.Engine.ListSessionsAsync(null, CancellationToken.None)); // an error is no end
    }

    [Fact]
    public async Task WithoutEgress_TheClientIsToldThatItIsProhibited()
    {
        await using TestEngine test = new();
        test.Stack.Device.PacketEgress = null;
        AddrPort source = test.Host.NextSource(TcpFlowTests.Nowhere);
        test.Host.SendUdp(source, TcpFlowTests.Nowhere, [1]);
        byte[] icmp = await test.Host.ExpectIcmpAsync(IcmpTypes.UnreachableV4);
        ParsedPacket.TryParse(icmp, ChecksumTrust.Verify, out ParsedPacket parsed);
        Assert.Equal(13, parsed.IcmpCode);
        Assert.Equal(1, test.Drops(DropReason.NoEgress));
    }

    [Fact]
    public async Task ProxyThatServesDnsOnly_RefusesTheRest_AndTheSessionLivesOn()
    {
        await using TestEngine test = new(proxy: _ => new DnsTruncatePacketProxy());
        AddrPort resolver = AddrPort.Parse("192.0.2.53:53");
        AddrPort source = test.Host.NextSource(resolver);
        test.Host.SendUdp(source, resolver, [1, 2, 3]); // no message
        test.Host.SendUdp(source, new AddrPort(resolver.Address, 443), new byte[20]);
        byte[] icmp = await test.Host.ExpectIcmpAsync(IcmpTypes.UnreachableV4);
        ParsedPacket.TryParse(icmp, ChecksumTrust.Verify, out ParsedPacket parsed);
        Assert.Equal(3, parsed.IcmpCode);
        test.Host.SendUdp(source, resolver, [1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        (AddrPort from, byte[] answer) = await test.Host.ExpectUdpAsync(source);
        Assert.Equal(resolver, from);
        Assert.Equal([1, 2, 0x83, 0, 0, 1, 0, 1, 0, 0, 0, 0], answer);
        Assert.Equal((1, 1), (test.Drops(DropReason.Malformed), test.Drops(DropReason.NoEgress)));
        Assert.Single(await test.Engine.ListSessionsAsync(null, CancellationToken.None));
    }

    [Fact]
    public async Task FirstDatagramsThatRace_MakeOneSession()
    {
        using EchoServer echo = new();
        await using TestEngine test = new();
        AddrPort to = LoopbackDialer.Outside(echo.EndPoint);
        AddrPort source = test.Host.NextSource(to);
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() => test.Host.SendUdp(source, to, [1])))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        for (int i = 0; i < 4; i++)
        {
            await test.Host.ExpectUdpAsync(source);
        }

        Assert.Equal(1, test.Listener.Opened);
    }

    [Fact]
    public async Task MulticastAndMartians_AreDropped()
    {
        await using TestEngine test = new();
        test.Host.SendUdp(test.Host.NextSource(TcpFlowTests.Nowhere), AddrPort.Parse("239.1.1.1:1900"), [1]);
        test.Host.SendUdp(test.Host.NextSource(TcpFlowTests.Nowhere), AddrPort.Parse("127.0.0.1:53"), [1]);
        await test.Engine.ListSessionsAsync(null, CancellationToken.None);
        Assert.Equal((1L, 1L), (test.Drops(DropReason.Multicast), test.Drops(DropReason.Martian)));
        Assert.Equal(0, test.Listener.Opened);
    }

    [Fact]
    public async Task Ping_IsAnswered_EvenInFragments()
    {
        await using TestEngine test = new();
        test.Host.Send(Devices.StackDeviceTests.Echo(PeerHost.AddressV4, "198.18.0.1", 56));
        byte[] reply = await test.Host.ExpectIcmpAsync(IcmpTypes.EchoReplyV4);
        Assert.Equal(28 + 56, reply.Length);
        byte[] request = new byte[48 + 56];
        AddrPort remote = AddrPort.Parse("[fd99::1]:0");
        IpPacket.WriteHeader(request, PeerHost.AddressV6, remote.Address, IpProtocol.IcmpV6, 8 + 56, 1);
        request[40] = IcmpTypes.EchoRequestV6;
        uint sum = Checksum.Sum(request.AsSpan(40), Checksum.PseudoHeader(PeerHost.AddressV6, remote.Address, IpProtocol.IcmpV6, 8 + 56));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(42), Checksum.Finish(sum));
        test.Host.Send(request);
        reply = await test.Host.ExpectIcmpAsync(IcmpTypes.EchoReplyV6);
        Assert.Equal(request.Length, reply.Length);
    }
}
