using System.Net;
using System.Net.Sockets;
using NetControl.Network;
using NetControl.Testing;

namespace NetControl.Engine.Tests.Sockets;

public sealed class LoopUdpSocketTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task LargestDatagram_GoesBothWays(string loopback)
    {
        await using SocketRig rig = new();
        using Socket far = Bound(loopback);
        Handler handler = new();
        IPacketConnection ours = await Open(rig, handler);
        byte[] sent = new byte[loopback == "::1" ? 65_527 : 65_507];
        new Random(3).NextBytes(sent);
        await rig.On(() => ours.Send(sent, Address(far)));
        (byte[] got, EndPoint from) = await ReceiveAsync(far);
        Assert.True(sent.AsSpan().SequenceEqual(got));
        far.SendTo(sent, from);
        (byte[] Payload, AddrPort Source) back = await handler.NextAsync();
        Assert.True(sent.AsSpan().SequenceEqual(back.Payload));
        Assert.Equal(Address(far), back.Source);
        NetworkException e = await Assert.ThrowsAsync<NetworkException>(() => rig.On(() => ours.Send(new byte[sent.Length + 1], Address(far))));
        Assert.Equal(NetworkError.MessageTooLarge, e.Error);
        ours.Dispose();
    }

    // Nobody's turn would send what another thread put into the loop's batch: it lay there until something else woke the loop.
    [Fact]
    public async Task SentFromAnotherThread_ArrivesWithoutFurtherAdo()
    {
        await using SocketRig rig = new();
        using Socket far = Bound("127.0.0.1");
        IPacketConnection ours = await Open(rig, new Handler());
        for (int i = 0; i < 100; i++)
        {
            byte[] payload = [(byte)i];
            await Task.Run(() => ours.Send(payload, Address(far)));
            payload[0] = 255; // the caller's buffer is the caller's again
            (byte[] got, _) = await ReceiveAsync(far);
            Assert.Equal([(byte)i], got);
        }

        await rig.On(ours.Dispose);
    }

    [Fact]
    public async Task RunsOfOneSize_ArriveAsSeparateDatagrams_InOrder()
    {
        await using SocketRig rig = new();
        using Socket one = Bound("127.0.0.1");
        using Socket two = Bound("127.0.0.1");
        IPacketConnection ours = await Open(rig, new Handler());
        Random random = new(5);
        int[] sizes = [.. Enumerable.Range(0, 60).Select(_ => 1200), .. Enumerable.Range(0, 200).Select(_ => random.Next(4) * 300), 0, 7, 7, 7, 3, 7];
        bool[] toTwo = [.. sizes.Select((_, i) => i > 80 && random.Next(5) == 0)];
        await rig.On(() =>
        {
            for (int i = 0; i < sizes.Length; i++)
            {
                byte[] payload = new byte[sizes[i]];
                Array.Fill(payload, (byte)i);
                ours.Send(payload, Address(toTwo[i] ? two : one));
            }
        });
        for (int i = 0; i < sizes.Length; i++)
        {
            (byte[] got, _) = await ReceiveAsync(toTwo[i] ? two : one);
            Assert.Equal(sizes[i], got.Length);
            Assert.All(got, b => Assert.Equal((byte)i, b));
        }

        ours.Dispose();
    }

    [Fact]
    public async Task DatagramsThatTheKernelJoined_AreSplitRight()
    {
        await using SocketRig rig = new();
        Handler handler = new();
        Handler unused = new();
        IPacketConnection sender = await Open(rig, unused);
        IPacketConnection receiver = await Open(rig, handler);
        using Socket probe = Bound("127.0.0.1");

        // Our own batch sends a run with UDP_SEGMENT, which the loopback interface hands over in one piece to a socket with UDP_GRO.
        await rig.On(() => receiver.Send([1], Address(probe)));
        (_, EndPoint at) = await ReceiveAsync(probe);
        AddrPort target = AddrPort.From((IPEndPoint)at);
        int[] sizes = [.. Enumerable.Repeat(1000, 40), 17];
        await rig.On(() =>
        {
            for (int i = 0; i < sizes.Length; i++)
            {
                byte[] payload = new byte[sizes[i]];
                Array.Fill(payload, (byte)i);
                sender.Send(payload, target);
            }
        });
        for (int i = 0; i < sizes.Length; i++)
        {
            (byte[] payload, _) = await handler.NextAsync();
            Assert.Equal(sizes[i], payload.Length);
            Assert.All(payload, b => Assert.Equal((byte)i, b));
        }

        sender.Dispose();
        receiver.Dispose();
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task ClosedPort_IsHeardAsUnreachable_WithItsDestination(string loopback)
    {
        await using SocketRig rig = new();
        Socket gone = Bound(loopback);
        AddrPort closed = Address(gone);
        gone.Dispose();
        Handler handler = new();
        IPacketConnection ours = await Open(rig, handler);
        await rig.On(() => ours.Send([1, 2, 3], closed));
        (AddrPort destination, UnreachableReason reason) = await handler.Unreachable.Task.WaitAsync(PeerHost.Patience);
        Assert.Equal((closed, UnreachableReason.Port), (destination, reason));

        // The socket has no error left in it that would eat the next datagram.
        using Socket far = Bound(loopback);
        await rig.On(() => ours.Send([9], Address(far)));
        Assert.Equal([9], (await ReceiveAsync(far)).Payload);
        ours.Dispose();
    }

    [Fact]
    public async Task Disposed_SaysSoOnce_AndSendsNoMore()
    {
        await using SocketRig rig = new();
        Handler handler = new();
        IPacketConnection ours = await Open(rig, handler);
        ours.Dispose(); // from a foreign thread
        await rig.On(ours.Dispose);
        await rig.On(ours.Dispose);
        Assert.Equal(1, handler.Closed);
        NetworkException e = await Assert.ThrowsAsync<NetworkException>(() => rig.On(() => ours.Send([1], AddrPort.Parse("127.0.0.1:9"))));
        Assert.Equal(NetworkError.Closed, e.Error);
    }

    [Fact]
    public async Task Receive_OnAConnectionThatHasEnded_HearsJustThat()
    {
        await using SocketRig rig = new();
        IPacketConnection ours = await rig.Async(() => rig.Listener.ListenAsync().AsTask());
        await rig.On(ours.Dispose);
        Handler handler = new();
        await rig.On(() => ours.Receive(handler));
        await rig.On(ours.Dispose);
        Assert.Equal(1, handler.Closed);
    }

    [Fact]
    public async Task DatagramBeforeReceive_IsDelivered()
    {
        await using SocketRig rig = new();
        using Socket far = Bound("127.0.0.1");
        IPacketConnection ours = await rig.Async(() => rig.Listener.ListenAsync().AsTask());
        await rig.On(() => ours.Send([1], Address(far)));
        (_, EndPoint from) = await ReceiveAsync(far);
        far.SendTo([42], from);
        await rig.On(() => 0); // a turn, in which the socket becomes readable with nobody to hear it
        await rig.On(() => 0);
        Handler handler = new();
        await rig.On(() => ours.Receive(handler));
        Assert.Equal([42], (await handler.NextAsync()).Payload);
        ours.Dispose();
    }

    [Fact]
    public async Task DisposedFromInsideOnPacket_HearsNothingAfterTheEnd()
    {
        await using SocketRig rig = new();
        using Socket far = Bound("127.0.0.1");
        Handler handler = new();
        IPacketConnection ours = await Open(rig, handler);
        handler.OnFirst = ours.Dispose;
        await rig.On(() => ours.Send([1], Address(far)));
        (_, EndPoint from) = await ReceiveAsync(far);
        await rig.On(() =>
        {
            for (int i = 0; i < 10; i++)
            {
                far.SendTo([(byte)i], from); // all there before the loop looks
            }
        });
        await handler.NextAsync();
        await rig.On(() => 0);
        Assert.Equal((1, 1, 0), (handler.Packets, handler.Closed, handler.AfterClosed));
    }

    [Fact]
    public async Task HandlerThatDisposes_WhenTheNetworkIsUnreachable_DoesNotDisturbTheBatch()
    {
        await using SocketRig rig = new();
        using Socket far = Bound("127.0.0.1");
        Handler handler = new();
        IPacketConnection doomed = await Open(rig, handler);
        IPacketConnection other = await Open(rig, new Handler());
        handler.OnUnreachableAction = doomed.Dispose;
        await rig.On(() =>
        {
            other.Send([1], Address(far));
            doomed.Send([0], AddrPort.Parse("[2001:db8::1]:9")); // no route: told during the flush
            doomed.Send([0], AddrPort.Parse("[2001:db8::1]:9"));
            other.Send([2], Address(far));
        });
        Assert.Equal([1], (await ReceiveAsync(far)).Payload);
        Assert.Equal([2], (await ReceiveAsync(far)).Payload);
        await rig.On(() => 0);
        Assert.Equal(0, far.Available);
        other.Dispose();
        doomed.Dispose();
    }

    private static Task<IPacketConnection> Open(SocketRig rig, Handler handler) => rig.Async(async () =>
    {
        IPacketConnection connection = await rig.Listener.ListenAsync();
        connection.Receive(handler);
        return connection;
    });

    private static Socket Bound(string loopback)
    {
        IPAddress address = IPAddress.Parse(loopback);
        Socket socket = new(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 4 << 20 };
        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    }

    private static AddrPort Address(Socket socket) => AddrPort.From((IPEndPoint)socket.LocalEndPoint!);

    private static async Task<(byte[] Payload, EndPoint From)> ReceiveAsync(Socket socket)
    {
        byte[] buffer = new byte[65_536];
        EndPoint any = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        SocketReceiveFromResult result = await socket.ReceiveFromAsync(buffer, SocketFlags.None, any).WaitAsync(PeerHost.Patience);
        return (buffer[..result.ReceivedBytes], result.RemoteEndPoint);
    }

    private sealed class Handler : IPacketHandler
    {
        private readonly System.Threading.Channels.Channel<(byte[] Payload, AddrPort Source)> _arrived =
            System.Threading.Channels.Channel.CreateUnbounded<(byte[] Payload, AddrPort Source)>();

        public TaskCompletionSource<(AddrPort Destination, UnreachableReason Reason)> Unreachable { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Action? OnFirst { get; set; }

        public Action? OnUnreachableAction { get; set; }

        public int Packets { get; private set; }

        public int Closed { get; private set; }

        public int AfterClosed { get; private set; }

        public void OnPacket(ReadOnlySpan<byte> payload, in AddrPort source)
        {
            AfterClosed += Closed;
            _arrived.Writer.TryWrite((payload.ToArray(), source));
            if (Packets++ == 0)
            {
                OnFirst?.Invoke();
            }
        }

        public void OnUnreachable(in AddrPort destination, UnreachableReason reason)
        {
            Unreachable.TrySetResult((destination, reason));
            OnUnreachableAction?.Invoke();
        }

        public void OnClosed(Exception? error) => Closed++;

        public async Task<(byte[] Payload, AddrPort Source)> NextAsync() => await _arrived.Reader.ReadAsync().AsTask().WaitAsync(PeerHost.Patience);
    }
}
