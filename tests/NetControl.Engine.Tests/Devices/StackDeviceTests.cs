using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using NetControl.Engine.Devices;
using NetControl.Engine.Sessions;
using NetControl.Network;
using NetControl.Stack.Icmp;
using NetControl.Stack.Wire;
using NetControl.Testing;
using NetControl.Testing.Proxies;

namespace NetControl.Engine.Tests.Devices;

/// <summary>The promises of a user-space stack as a device: what the seed's stack asserts, and what its interface says.</summary>
public sealed class StackDeviceTests
{
    [Fact]
    public async Task Closed_WriteFails_WithOurErrorAndNoPlatforms_AndReadReturnsNothing()
    {
        await using TestEngine test = new();
        test.Stack.Close();
        test.Stack.Close();
        Exception e = Assert.ThrowsAny<Exception>(() => test.Stack.Write(new byte[20]));
        Assert.Equal(NetworkError.Closed, Assert.IsType<NetworkException>(e).Error);
        Assert.IsNotAssignableFrom<SocketException>(e.InnerException);
        Assert.IsNotAssignableFrom<IOException>(e.InnerException);
        Assert.Equal(0, test.Stack.Read(new byte[100]));
        Assert.Equal(0, test.Stack.Read(new byte[100]));
    }

    [Fact]
    public async Task EngineDeviceClosedUnderneath_ClosesTheStackToo()
    {
        await using TestEngine test = new();
        await test.Stack.Device.CloseAsync(SessionCause.DeviceClosed).WaitAsync(PeerHost.Patience);
        NetworkException e = Assert.Throws<NetworkException>(() => test.Stack.Write(new byte[20]));
        Assert.Equal(NetworkError.Closed, e.Error);
        Assert.Equal(0, test.Stack.Read(new byte[100]));
    }

    [Fact]
    public async Task EngineDisposed_ReleasesAWaitingReader()
    {
        PacketEngine engine = new(TestEngine.Options, NullLogger.Instance);
        StackDevice stack = engine.OpenStack("devices/a", engine.StreamDialer, new PacketListenerProxy(engine.PacketListener));
        Task<int> reading = Task.Run(() => stack.Read(new byte[100]));
        await engine.DisposeAsync();
        Assert.Equal(0, await reading.WaitAsync(PeerHost.Patience));
        Assert.Throws<NetworkException>(() => stack.Write(new byte[20]));
        Assert.Throws<ObjectDisposedException>(() => engine.OpenStack("devices/b", engine.StreamDialer, new PacketListenerProxy(engine.PacketListener)));
    }

    [Fact]
    public async Task WithoutDialerOrProxy_ThereIsNoStack()
    {
        await using TestEngine test = new();
        PacketListenerProxy proxy = new(test.Engine.PacketListener);
        Assert.Throws<ArgumentNullException>(() => test.Engine.OpenStack("d", null!, proxy));
        Assert.Throws<ArgumentNullException>(() => test.Engine.OpenStack("d", test.Engine.StreamDialer, null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => test.Engine.OpenStack("d", test.Engine.StreamDialer, proxy, 1279));
    }

    [Fact]
    public async Task ManyStacksAndManyEngines_WorkSideBySide()
    {
        using EchoServer echo = new();
        AddrPort to = LoopbackDialer.Outside(echo.EndPoint);
        TestEngine[] engines = [new(), new(), new()];
        List<PeerHost> hosts = [];
        foreach (TestEngine test in engines)
        {
            hosts.Add(test.Host);
            for (int i = 0; i < 5; i++)
            {
                hosts.Add(new PeerHost(test.Engine.OpenStack(
                    $"devices/{i}", new LoopbackDialer(test.Engine.StreamDialer), new PacketListenerProxy(test.Listener))));
            }
        }

        // All first, so that every table has entries when the last engine is made and used.
        TcpPeer[] peers = await Task.WhenAll(hosts.Select(host => host.ConnectAsync(to)));
        await using TestEngine late = new();
        foreach (TcpPeer peer in peers)
        {
            await peer.SendAsync("hello"u8.ToArray());
            Assert.Equal("hello"u8.ToArray(), await peer.ReceiveExactlyAsync(5));
            peer.Close();
            Assert.Empty(await peer.ReceiveToEndAsync());
        }

        hosts.ForEach(host => host.Dispose());
        foreach (TestEngine test in engines)
        {
            await test.DisposeAsync();
        }
    }

    [Fact]
    public async Task PacketLargerThanTheMtu_IsTooLarge_AndAnEmptyOneIsIgnored()
    {
        await using TestEngine test = new(mtu: 1400);
        Assert.Equal(1400, test.Stack.Mtu);
        NetworkException e = Assert.Throws<NetworkException>(() => test.Stack.Write(new byte[1401]));
        Assert.Equal(NetworkError.MessageTooLarge, e.Error);
        Assert.Equal(1400, test.Stack.Write(new byte[1400]));
        Assert.Equal(0, test.Stack.Write([]));
    }

    [Fact]
    public async Task ShortBuffer_GetsWhatFits_AndTheNextPacketIsWhole()
    {
        await using PacketEngine engine = new(TestEngine.Options, NullLogger.Instance);
        using StackDevice stack = engine.OpenStack("devices/a", engine.StreamDialer, new PacketListenerProxy(engine.PacketListener));
        byte[] ping = Echo(PeerHost.AddressV4, "198.18.0.1", 40);
        stack.Write(ping);
        stack.Write(ping);
        byte[] buffer = new byte[100];
        Assert.Equal(25, stack.Read(buffer.AsSpan(0, 25)));
        Assert.Equal(ping.Length, stack.Read(buffer));
    }

    [Fact]
    public async Task FiftyClosesOfAReceiver_OneSucceeds_AndTheSenderIsClosedOnce()
    {
        Proxy proxy = new();
        await using TestEngine test = new(proxy: _ => proxy);
        AddrPort source = test.Host.NextSource(Destination);
        test.Host.SendUdp(source, Destination, [1]);
        IPacketResponseReceiver receiver = await proxy.Receiver.Task.WaitAsync(PeerHost.Patience);
        proxy.OnClose = receiver.Close; // the sender closes the receiver again
        using Barrier start = new(50);
        int succeeded = 0, closed = 0;
        Thread[] threads = [.. Enumerable.Range(0, 50).Select(_ => new Thread(() =>
        {
            start.SignalAndWait();
            try
            {
                receiver.Close();
                Interlocked.Increment(ref succeeded);
            }
            catch (NetworkException e) when (e.Error == NetworkError.Closed)
            {
                Interlocked.Increment(ref closed);
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        await test.ClosedAsync(source);
        Assert.Equal((1, 49, 1), (succeeded, closed, proxy.Closes));
        NetworkException late = Assert.Throws<NetworkException>(() => receiver.WriteFrom([1], Destination));
        Assert.Equal(NetworkError.Closed, late.Error);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NewSessionThatFails_IsADropAndAnIcmpError_AndTheStackGoesOn(bool unexpected)
    {
        Proxy proxy = new()
        {
            Failure = unexpected ? new InvalidOperationException("not ours") : new DialException(DialFailure.HostUnreachable, "no"),
        };
        await using TestEngine test = new(proxy: _ => proxy);
        AddrPort source = test.Host.NextSource(Destination);
        test.Host.SendUdp(source, Destination, [1]);
        byte[] icmp = await test.Host.ExpectIcmpAsync(IcmpTypes.UnreachableV4);
        ParsedPacket.TryParse(icmp, ChecksumTrust.Verify, out ParsedPacket parsed);
        Assert.Equal(1, parsed.IcmpCode);
        SessionInfo closed = await test.ClosedAsync(source);
        Assert.Equal(unexpected ? SessionCause.InternalError : SessionCause.DialFailed, closed.Cause);
        Assert.Equal(1, test.Drops(unexpected ? DropReason.InternalError : DropReason.NoEgress));
        proxy.Failure = null;
        test.Host.SendUdp(source, Destination, [2]);
        await proxy.Receiver.Task.WaitAsync(PeerHost.Patience);
    }

    [Fact]
    public async Task SenderThatThrowsSomethingElse_EndsItsSessionOnly()
    {
        Proxy proxy = new() { WriteFailure = new InvalidOperationException("not ours") };
        await using TestEngine test = new(proxy: _ => proxy);
        AddrPort source = test.Host.NextSource(Destination);
        test.Host.SendUdp(source, Destination, [1]);
        Assert.Equal(SessionCause.InternalError, (await test.ClosedAsync(source)).Cause);
    }

    [Fact]
    public async Task ClosingTheDevice_LeavesDialerAndProxyAlone()
    {
        using EchoServer echo = new();
        AddrPort to = LoopbackDialer.Outside(echo.EndPoint);
        await using TestEngine test = new();
        IStreamDialer dialer = new LoopbackDialer(test.Engine.StreamDialer);
        IPacketProxy proxy = new PacketListenerProxy(test.Listener);
        using (PeerHost first = new(test.Engine.OpenStack("devices/1", dialer, proxy)))
        {
            await first.ConnectAsync(to);
        }

        using PeerHost second = new(test.Engine.OpenStack("devices/2", dialer, proxy));
        TcpPeer peer = await second.ConnectAsync(to);
        await peer.SendAsync(new byte[10]);
        await peer.ReceiveExactlyAsync(10);
        AddrPort source = second.NextSource(to);
        second.SendUdp(source, to, [7]);
        Assert.Equal([7], (await second.ExpectUdpAsync(source)).Payload);
    }

    [Fact]
    public async Task ClosingTheDevice_EndsItsSessions()
    {
        using EchoServer echo = new();
        AddrPort to = LoopbackDialer.Outside(echo.EndPoint);
        await using TestEngine test = new();
        TcpPeer peer = await test.Host.ConnectAsync(to);
        AddrPort source = test.Host.NextSource(to);
        test.Host.SendUdp(source, to, [7]);
        await test.Host.ExpectUdpAsync(source);
        await test.Stack.Device.CloseAsync(SessionCause.DeviceClosed).WaitAsync(PeerHost.Patience);
        await test.Engine.FlushEventsAsync(CancellationToken.None);
        Assert.Equal(SessionCause.DeviceClosed, (await test.ClosedAsync(source)).Cause);
        Assert.Equal(SessionCause.DeviceClosed, (await test.ClosedAsync(peer.Source)).Cause);
        Assert.Equal(0, test.Engine.ReadCounters().Loops.Sum(loop => loop.Sessions));
    }

    internal static byte[] Echo(IpAddr from, string to, int bytes)
    {
        // Built from an echo reply's writer: a request is the same message with another type.
        byte[] payload = new byte[bytes];
        new Random(1).NextBytes(payload);
        byte[] packet = new byte[28 + bytes];
        IpPacket.WriteHeader(packet, from, IpAddr.Parse(to), IpProtocol.Icmp, 8 + bytes, 1);
        packet[20] = IcmpTypes.EchoRequestV4;
        payload.CopyTo(packet, 28);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(22), Checksum.Finish(Checksum.Sum(packet.AsSpan(20))));
        return packet;
    }

    private static AddrPort Destination => AddrPort.Parse("198.18.0.1:53");

    private sealed class Proxy : IPacketProxy, IPacketRequestSender
    {
        public TaskCompletionSource<IPacketResponseReceiver> Receiver { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Exception? Failure { get; set; }

        public Exception? WriteFailure { get; set; }

        public Action? OnClose { get; set; }

        public int Closes { get; private set; }

        public IPacketRequestSender NewSession(IPacketResponseReceiver responses)
        {
            if (Failure is not null)
            {
                throw Failure;
            }

            Receiver.TrySetResult(responses);
            return this;
        }

        public int WriteTo(ReadOnlySpan<byte> payload, in AddrPort destination) =>
            WriteFailure is null ? payload.Length : throw WriteFailure;

        public void Close()
        {
            Closes++;
            OnClose?.Invoke();
        }
    }
}
