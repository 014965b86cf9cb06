using System.Net;
using System.Net.Sockets;
using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Sockets;
using NetControl.Network;
using NetControl.Testing;
using NetControl.Testing.Proxies;

namespace NetControl.Engine.Tests.Sockets;

public sealed class LoopSocketTests
{
    [Fact]
    public async Task Dial_OnTheLoop_ReadsWritesAndHalfCloses_WithoutLeavingIt()
    {
        await using SocketRig rig = new();
        using EchoServer echo = new();
        AddrPort to = AddrPort.From(echo.EndPoint);
        bool home = await rig.Async(async () =>
        {
            bool stayed = true;
            using IStreamConnection stream = await rig.Dialer.DialAsync(to);
            stayed &= rig.Loop.InLoop && stream is ILoopConnection loop && loop.Loop == rig.Loop && stream.RemoteAddress == to;
            byte[] buffer = new byte[64];
            for (int i = 0; i < 100; i++)
            {
                await stream.WriteAsync("ping"u8.ToArray());
                stayed &= rig.Loop.InLoop;
                int got = await stream.ReadAsync(buffer);
                stayed &= rig.Loop.InLoop && got == 4;
            }

            await stream.CloseWriteAsync();
            int end = await stream.ReadAsync(buffer);
            return stayed && rig.Loop.InLoop && end == 0;
        });
        Assert.True(home);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task HopLimit_IsSetReadAndRefused(string address)
    {
        await using SocketRig rig = new();
        using EchoServer echo = new(IPAddress.Parse(address));
        await rig.Async(async () =>
        {
            using IStreamConnection stream = await rig.Dialer.DialAsync(AddrPort.From(echo.EndPoint));
            IHopLimited socket = Assert.IsAssignableFrom<IHopLimited>(stream);
            foreach (int limit in new[] { 1, 20 })
            {
                socket.HopLimit = limit;
                Assert.Equal(limit, socket.HopLimit);
            }

            Assert.Throws<SocketFaultException>(() => socket.HopLimit = 256);
            stream.Dispose();
            Assert.Throws<SocketFaultException>(() => socket.HopLimit);
            return 0;
        });
    }

    [Fact]
    public async Task Dial_FromAnotherThread_Works_AndItsCallsHopHome()
    {
        await using SocketRig rig = new();
        using EchoServer echo = new();
        using IStreamConnection stream = await rig.Dialer.DialAsync(AddrPort.From(echo.EndPoint)).AsTask().WaitAsync(PeerHost.Patience);
        await stream.WriteAsync(new byte[5]);
        byte[] buffer = new byte[10];
        Assert.Equal(5, await stream.ReadAsync(buffer).AsTask().WaitAsync(PeerHost.Patience));
        await stream.CloseWriteAsync();
        Assert.Equal(0, await stream.ReadAsync(buffer).AsTask().WaitAsync(PeerHost.Patience));
    }

    [Fact]
    public async Task Dial_ClosedPort_IsRefused()
    {
        await using SocketRig rig = new();
        rig.Server.Dispose();
        DialException e = await Assert.ThrowsAsync<DialException>(() => rig.Async(() => rig.Dialer.DialAsync(rig.ServerAddress).AsTask()));
        Assert.Equal(DialFailure.Refused, e.Failure);
    }

    [Fact]
    public async Task Dial_NameByLookupsOfOurOwn_RacesWhatTheyFind_OnTheLoop()
    {
        await using SocketRig rig = new();
        using EchoServer echo = new();
        string asked = "";
        rig.Dialer.Lookups.Current =
        [
            (host, _) =>
            {
                asked = host;
                return new ValueTask<IReadOnlyList<IpAddr>>([IpAddr.Parse("::1"), IpAddr.Parse("127.0.0.1")]);
            },
        ];
        AddrPort remote = await rig.Async(async () =>
        {
            using IStreamConnection stream = await rig.Dialer.DialAsync(new HostPort("echo.test", (ushort)echo.EndPoint.Port));
            Assert.True(rig.Loop.InLoop);
            return stream.RemoteAddress;
        });
        Assert.Equal(("echo.test", AddrPort.From(echo.EndPoint)), (asked, remote)); // nobody listens on ::1
        IReadOnlyList<IpAddr> found = await rig.Dialer.Lookups.FindAllAsync("echo.test", CancellationToken.None);
        Assert.Equal(2, found.Count);
    }

    [Fact]
    public async Task Dial_NameThatDoesNotExist_IsNotResolved()
    {
        await using SocketRig rig = new();
        DialException e = await Assert.ThrowsAsync<DialException>(() => rig.Async(() => rig.Dialer.DialAsync(new HostPort("no.such.host.invalid", 80)).AsTask()));
        Assert.Equal(DialFailure.NameNotResolved, e.Failure);
    }

    [Fact]
    public async Task Dial_ThatHangs_CanBeCancelled_FromTheLoopAndFromElsewhere()
    {
        await using SocketRig rig = new();
        AddrPort full = await FillBacklog(rig);
        foreach (bool fromLoop in new[] { true, false })
        {
            using CancellationTokenSource cancel = new();
            Task<IStreamConnection> dial = await rig.On(() => rig.Dialer.DialAsync(full, cancel.Token).AsTask());
            Assert.False(dial.IsCompleted);
            if (fromLoop)
            {
                Assert.True(await rig.On(() =>
                {
                    cancel.Cancel();
                    return dial.IsCanceled; // inline: the loop waits for nobody
                }));
            }
            else
            {
                cancel.Cancel();
            }

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dial.WaitAsync(PeerHost.Patience));
        }
    }

    [Fact]
    public async Task Read_Cancelled_Fails_AndTheNextOneWorks()
    {
        await using SocketRig rig = new();
        (LoopSocket ours, Socket theirs) = await rig.ConnectAsync();
        byte[] buffer = new byte[10];
        using CancellationTokenSource cancel = new();
        Task<int> read = await rig.On(() => ours.ReadAsync(buffer, cancel.Token).AsTask());
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(PeerHost.Patience));
        theirs.Send(new byte[3]);
        Assert.Equal(3, await rig.Async(() => ours.ReadAsync(buffer).AsTask()));
        ours.Dispose();
        theirs.Dispose();
    }

    [Fact]
    public async Task Cancellation_ThatComesTooLate_DoesNotHitTheNextRead()
    {
        await using SocketRig rig = new();
        (LoopSocket ours, Socket theirs) = await rig.ConnectAsync();
        byte[] buffer = new byte[10];
        using CancellationTokenSource cancel = new();
        (Task<int> first, Task<int> second) = await rig.On(() =>
        {
            Task<int> one = ours.ReadAsync(buffer, cancel.Token).AsTask();
            Thread canceller = new(cancel.Cancel); // off the loop: it can only post
            canceller.Start();
            canceller.Join();
            theirs.Send(new byte[1]);
            while (!one.IsCompleted)
            {
                ours.OnReady(EpollEvents.In);
            }

            return (one, ours.ReadAsync(buffer).AsTask());
        });
        Assert.Equal(1, await first);
        await rig.On(() => 0);
        Assert.False(second.IsCompleted);
        theirs.Send(new byte[2]);
        Assert.Equal(2, await second.WaitAsync(PeerHost.Patience));
        ours.Dispose();
        theirs.Dispose();
    }

    [Fact]
    public async Task Dispose_FromAForeignThread_FailsThePendingReadOnTheLoop()
    {
        await using SocketRig rig = new();
        (LoopSocket ours, Socket theirs) = await rig.ConnectAsync();
        Task<bool> reading = await rig.On(() => ReadUntilItFails());
        ours.Dispose();
        Assert.True(await reading.WaitAsync(PeerHost.Patience));
        Assert.Equal(0, await theirs.ReceiveAsync(new byte[1]).WaitAsync(PeerHost.Patience));
        await Assert.ThrowsAnyAsync<IOException>(() => rig.Async(() => ours.ReadAsync(new byte[1]).AsTask()));
        theirs.Dispose();

        async Task<bool> ReadUntilItFails()
        {
            try
            {
                await ours.ReadAsync(new byte[10]);
                return false;
            }
            catch (IOException)
            {
                return rig.Loop.InLoop;
            }
        }
    }

    [Fact]
    public async Task Read_WithoutABuffer_WaitsForBytesAndForTheEnd_AndTakesNone()
    {
        await using SocketRig rig = new();
        (LoopSocket ours, Socket theirs) = await rig.ConnectAsync();
        using (theirs)
        {
            Task<int> wait = await rig.On(() => ours.ReadAsync(Memory<byte>.Empty).AsTask());
            Assert.False(wait.IsCompleted);
            await theirs.SendAsync("abc"u8.ToArray());
            Assert.Equal(0, await wait.WaitAsync(PeerHost.Patience));
            byte[] buffer = new byte[3];
            wait = await rig.On(() => ours.ReadAsync(Memory<byte>.Empty).AsTask());
            Assert.True(wait.IsCompletedSuccessfully);
            Assert.Equal(3, await rig.Async(() => ours.ReadAsync(buffer).AsTask()));
            Assert.Equal("abc"u8.ToArray(), buffer);

            // A full buffer does not say whether more is there: the next wait has to look.
            wait = await rig.On(() => ours.ReadAsync(Memory<byte>.Empty).AsTask());
            Assert.False(wait.IsCompleted);
            theirs.Shutdown(SocketShutdown.Send);
            Assert.Equal(0, await wait.WaitAsync(PeerHost.Patience));
            Assert.Equal(0, await rig.Async(() => ours.ReadAsync(buffer).AsTask()));
        }
    }

    [Fact]
    public async Task Read_WithoutABuffer_FarSideResets_Fails()
    {
        await using SocketRig rig = new();
        (LoopSocket ours, Socket theirs) = await rig.ConnectAsync();
        Task<int> wait = await rig.On(() => ours.ReadAsync(Memory<byte>.Empty).AsTask());
        Assert.False(wait.IsCompleted);
        theirs.Close(0);
        await Assert.ThrowsAsync<SocketFaultException>(() => wait.WaitAsync(PeerHost.Patience));
    }

    [Fact]
    public async Task Abort_ResetsTheFarSide()
    {
        await using SocketRig rig = new();
        (LoopSocket ours, Socket theirs) = await rig.ConnectAsync();
        ours.Abort();
        SocketException e = await Assert.ThrowsAsync<SocketException>(() => theirs.ReceiveAsync(new byte[1]).WaitAsync(PeerHost.Patience));
        Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
        theirs.Dispose();
    }

    [Fact]
    public async Task Write_LargerThanTheSocket_WaitsForTheReader_AndAllArrives()
    {
        await using SocketRig rig = new();
        (LoopSocket ours, Socket theirs) = await rig.ConnectAsync();
        byte[] sent = new byte[8 << 20];
        new Random(1).NextBytes(sent);
        Task<int> writing = await rig.On(async () =>
        {
            await ours.WriteAsync(sent);
            await ours.CloseWriteAsync();
            return rig.Loop.InLoop ? 1 : 0;
        });
        Assert.False(writing.IsCompleted);
        using MemoryStream received = new();
        await using NetworkStream stream = new(theirs);
        await stream.CopyToAsync(received).WaitAsync(PeerHost.Patience);
        Assert.Equal(1, await writing.WaitAsync(PeerHost.Patience));
        Assert.True(sent.AsSpan().SequenceEqual(received.ToArray()));
        ours.Dispose();
        theirs.Dispose();
    }

    [Fact]
    public async Task RecycledObject_IsNotTouchedByItsFormerLife()
    {
        await using SocketRig rig = new();
        (LoopSocket first, Socket theirs) = await rig.ConnectAsync();
        Handler handler = new();
        await rig.On(() => first.Detach(handler));
        theirs.Send(new byte[1]);
        theirs.Dispose();
        await rig.On(first.Close); // back to the pool
        (LoopSocket second, Socket others) = await rig.ConnectAsync();
        Assert.Same(first, second);
        int before = handler.Calls;
        others.Send(new byte[2]);
        byte[] buffer = new byte[10];
        Assert.Equal(2, await rig.Async(() => second.ReadAsync(buffer).AsTask()));
        Assert.Equal(before, handler.Calls);
        await rig.On(() => first.Close());
        others.Dispose();
    }

    [Fact]
    public async Task CloseWrite_FromAForeignThread_IsDoneOnTheLoop()
    {
        await using SocketRig rig = new();
        (LoopSocket ours, Socket theirs) = await rig.ConnectAsync();
        TaskCompletionSource release = new();
        Task blocked = rig.On(() => release.Task.Wait());
        ValueTask closing = ours.CloseWriteAsync();
        bool early = closing.IsCompleted;
        release.SetResult();
        Assert.False(early); // another thread must not touch a descriptor that the loop may be closing
        await blocked;
        await closing.AsTask().WaitAsync(PeerHost.Patience);
        Assert.Equal(0, await theirs.ReceiveAsync(new byte[1]).WaitAsync(PeerHost.Patience));
        ours.Dispose();
        theirs.Dispose();
    }

    /// <summary>A listener whose queue is full: further SYNs get no answer.</summary>
    private static async Task<AddrPort> FillBacklog(SocketRig rig)
    {
        Socket deaf = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        deaf.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        deaf.Listen(0);
        AddrPort address = AddrPort.From((IPEndPoint)deaf.LocalEndPoint!);
        for (int i = 0; i < 3; i++)
        {
            Task<IStreamConnection> dial = await rig.On(() => rig.Dialer.DialAsync(address).AsTask());
            await Task.WhenAny(dial, Task.Delay(200));
        }

        return address;
    }

    private sealed class Handler : ILoopSocketHandler
    {
        public int Calls { get; private set; }

        public void OnSocketReady() => Calls++;
    }
}
