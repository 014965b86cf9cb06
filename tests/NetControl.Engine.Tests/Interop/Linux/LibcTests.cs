using System.Text;
using NetControl.Engine.Interop.Linux;
using NetControl.Network;

namespace NetControl.Engine.Tests.Interop.Linux;

/// <summary>The bindings do what the manual pages say, on the loopback interface and without privileges.</summary>
public sealed class LibcTests
{
    [Fact]
    public void ReadOfABadDescriptor_LeavesItsErrno()
    {
        Assert.Equal(-1, Libc.Read(-1, new byte[1]));
        Assert.Equal(Errno.EBADF, Libc.LastErrno);
        Assert.Equal(-1, Libc.Open("/nonexistent", Libc.O_RDONLY));
        Assert.Equal(Errno.ENOENT, Libc.LastErrno);
        Assert.Equal("No such file or directory", Libc.Describe(Errno.ENOENT));
    }

    [Fact]
    public void FirstErrnoOfANewThread_IsRight()
    {
        Errno seen = Errno.None;
        Thread thread = new(() =>
        {
            _ = Libc.Close(-1);
            seen = Libc.LastErrno;
        });
        thread.Start();
        thread.Join();
        Assert.Equal(Errno.EBADF, seen);
    }

    [Fact]
    public void Errno_WhileTheCollectorStopsTheThread_IsStillTheCalls()
    {
        Thread collector = new(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                GC.Collect();
            }
        });
        collector.Start();
        int wrong = 0;
        byte[] buffer = new byte[1];
        while (collector.IsAlive)
        {
            // Two different errors in turn, so that a stale value cannot pass for the right one.
            wrong += Libc.Read(-1, buffer) == -1 && Libc.LastErrno == Errno.EBADF ? 0 : 1;
            wrong += Libc.EpollCtl(-1, EpollOperation.Add, -1, EpollEvents.In, 0) == -1 && Libc.LastErrno == Errno.EBADF ? 0 : 1;
            wrong += Libc.Socket(9999, 1, 0) == -1 && Libc.LastErrno == Errno.EAFNOSUPPORT ? 0 : 1;
        }

        Assert.Equal(0, wrong);
    }

    [Fact]
    public void EventFd_SignalledTwice_WakesEpollOnceAndResets()
    {
        using SafeFd epoll = new(Libc.EpollCreate());
        using SafeFd wake = new(Libc.EventFd());
        EpollEventBuffer events = new(8);
        const ulong Data = 0xFEDC_BA98_7654_3210;
        Assert.Equal(0, Libc.EpollCtl(epoll.Value, EpollOperation.Add, wake.Value, EpollEvents.In, Data));
        Assert.Equal(0, Libc.EpollWait(epoll.Value, events, 0));

        Assert.Equal(8, Libc.EventFdSignal(wake.Value));
        Assert.Equal(8, Libc.EventFdSignal(wake.Value));
        Assert.Equal(1, Libc.EpollWait(epoll.Value, events, -1));
        Assert.Equal(EpollEvents.In, events.Events(0));
        Assert.Equal(Data, events.Data(0));

        Assert.Equal(8, Libc.EventFdReset(wake.Value));
        Assert.Equal(0, Libc.EpollWait(epoll.Value, events, 0));
        Assert.Equal(-1, Libc.EventFdReset(wake.Value));
        Assert.Equal(Errno.EAGAIN, Libc.LastErrno);
    }

    [Fact]
    public void Epoll_SeveralReady_EachEntryHasItsOwnData()
    {
        using SafeFd epoll = new(Libc.EpollCreate());
        SafeFd[] wakes = [.. Enumerable.Range(0, 3).Select(_ => new SafeFd(Libc.EventFd()))];
        EpollEventBuffer events = new(8);
        for (int i = 0; i < wakes.Length; i++)
        {
            Assert.Equal(0, Libc.EpollCtl(epoll.Value, EpollOperation.Add, wakes[i].Value, EpollEvents.In, (ulong)i));
            Assert.Equal(8, Libc.EventFdSignal(wakes[i].Value));
        }

        Assert.Equal(3, Libc.EpollWait(epoll.Value, events, -1));
        Assert.Equal([0ul, 1ul, 2ul], Enumerable.Range(0, 3).Select(events.Data).Order());
        foreach (SafeFd wake in wakes)
        {
            wake.Dispose();
        }
    }

    [Fact]
    public void TcpSocket_VectorsInBothDirections_KeepTheOrder()
    {
        using SafeFd listener = new(Libc.Socket(Libc.AF_INET, Libc.SOCK_STREAM, 0, blocking: true));
        Assert.Equal(0, Libc.Bind(listener.Value, SockAddr.From(AddrPort.Parse("127.0.0.1:0"))));
        Assert.Equal(0, Libc.Listen(listener.Value, 1));
        Assert.Equal(0, Libc.GetSockName(listener.Value, out SockAddr at));
        using SafeFd client = new(Libc.Socket(Libc.AF_INET, Libc.SOCK_STREAM, 0, blocking: true));
        Assert.Equal(0, Libc.Connect(client.Value, at));
        Assert.Equal(0, Libc.GetPeerName(client.Value, out SockAddr peer));
        Assert.True(at.TryRead(out AddrPort listening) && peer.TryRead(out AddrPort connected) && listening == connected);
        Assert.Equal(0, Libc.SetSockOpt(client.Value, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1));
        Assert.Equal(0, Libc.GetSockOpt(client.Value, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, out int noDelay));
        Assert.Equal(1, noDelay);
        Assert.Equal(Errno.None, Libc.TakeSocketError(client.Value));
        Assert.Equal(6, Libc.WriteV(client.Value, "ab"u8, "cd"u8, "ef"u8));
        Assert.Equal(4, Libc.SendMsg(client.Value, "gh"u8, "ij"u8, Libc.MSG_NOSIGNAL));
        Assert.Equal(0, Libc.SetLinger(client.Value, on: true, 0));
    }

    [Fact]
    public void ConnectToAClosedPort_Refused()
    {
        using SafeFd client = new(Libc.Socket(Libc.AF_INET6, Libc.SOCK_STREAM, 0, blocking: true));
        Assert.Equal(0, Libc.SetSockOpt(client.Value, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, 0));
        Assert.Equal(-1, Libc.Connect(client.Value, SockAddr.FromMapped(AddrPort.Parse("127.0.0.1:1"))));
        Assert.Equal(Errno.ECONNREFUSED, Libc.LastErrno);
    }

    [Fact]
    public void MessageBatch_SentAndReceived_KeepsPayloadsAndSources()
    {
        using SafeFd receiver = UdpSocket(out AddrPort to);
        using SafeFd sender = UdpSocket(out AddrPort from);
        using MessageBatch send = new(4, 0);
        using MessageBatch receive = new(8, 64);
        byte[] memory = GC.AllocateArray<byte>(8 * 2048, pinned: true);
        for (int i = 0; i < 4; i++)
        {
            memory.AsSpan(i * 10, 10).Fill((byte)(i + 1));
            send.SetBuffer(i, memory.AsSpan(i * 10, 10 - i));
            send.PrepareSend(i, to, mapped: false);
        }

        Assert.Equal(4, send.Send(sender.Value, 4, Libc.MSG_NOSIGNAL));
        byte[] room = GC.AllocateArray<byte>(8 * 2048, pinned: true);
        for (int i = 0; i < 8; i++)
        {
            receive.SetBuffer(i, room.AsSpan(i * 2048, 2048));
        }

        Assert.Equal(4, receive.Receive(receiver.Value, 8, Libc.MSG_DONTWAIT));
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(10 - i, receive.Length(i));
            Assert.True(receive.TryGetSource(i, out AddrPort source));
            Assert.Equal(from, source);
            Assert.Equal(i + 1, room[i * 2048]);
            Assert.Equal(0, receive.SegmentSize(i));
        }
    }

    [Fact]
    public void SegmentedDatagram_ReceivedWithGro_CarriesItsSegmentSize()
    {
        using SafeFd receiver = UdpSocket(out AddrPort to);
        using SafeFd sender = UdpSocket(out _);
        Assert.Equal(0, Libc.SetSockOpt(receiver.Value, Libc.SOL_UDP, Libc.UDP_GRO, 1));
        byte[] payload = GC.AllocateArray<byte>(3000, pinned: true);
        byte[] room = GC.AllocateArray<byte>(65536, pinned: true);
        using MessageBatch send = new(1, ControlMessage.SegmentSpace);
        using MessageBatch receive = new(1, 64);
        send.SetBuffer(0, payload);
        send.PrepareSend(0, to, mapped: false);
        send.SetSegmentSize(0, 1000);
        Assert.Equal(1, send.Send(sender.Value, 1, 0));
        receive.SetBuffer(0, room);
        Assert.Equal(1, receive.Receive(receiver.Value, 1, Libc.MSG_DONTWAIT));
        Assert.Equal(3000, receive.Length(0));
        Assert.Equal(1000, receive.SegmentSize(0));
    }

    [Theory]
    [InlineData("127.0.0.1", ExtendedError.OriginIcmp, 3, 3)]
    [InlineData("::1", ExtendedError.OriginIcmp6, 1, 4)]
    public void DatagramToAClosedPort_ComesBackOnTheErrorQueueWithItsDestination(string host, byte origin, byte type, byte code)
    {
        IpAddr address = IpAddr.Parse(host);
        int family = address.IsV4 ? Libc.AF_INET : Libc.AF_INET6;
        using SafeFd sender = new(Libc.Socket(family, Libc.SOCK_DGRAM, 0));
        int level = address.IsV4 ? Libc.IPPROTO_IP : Libc.IPPROTO_IPV6;
        Assert.Equal(0, Libc.SetSockOpt(sender.Value, level, address.IsV4 ? Libc.IP_RECVERR : Libc.IPV6_RECVERR, 1));
        AddrPort closed = new(address, 9);
        Assert.Equal(5, Libc.SendTo(sender.Value, "hello"u8, 0, SockAddr.From(closed)));

        byte[] payload = new byte[64];
        nint length = Libc.RecvError(sender.Value, payload, out AddrPort? destination, out ExtendedError error);
        Assert.Equal(5, length);
        Assert.Equal("hello", Encoding.ASCII.GetString(payload, 0, 5));
        Assert.Equal(closed, destination);
        Assert.Equal(Errno.ECONNREFUSED, error.Errno);
        Assert.Equal((origin, type, code), (error.Origin, error.Type, error.Code));
        Assert.Equal(address, error.Offender);
        Assert.Equal(-1, Libc.RecvError(sender.Value, payload, out _, out _));
        Assert.Equal(Errno.EAGAIN, Libc.LastErrno);
    }

    [Fact]
    public void SafeFd_Disposed_ClosesItsDescriptor()
    {
        SafeFd fd = new(Libc.EventFd());
        int number = fd.Value;
        fd.Dispose();
        Assert.True(fd.IsClosed);
        Assert.True(new SafeFd(-1).IsInvalid);
        Assert.True(number >= 0);
    }

    [Fact]
    public void HotCalls_AfterWarmUp_AllocateNothing()
    {
        using SafeFd receiver = UdpSocket(out AddrPort to);
        using SafeFd sender = UdpSocket(out _);
        using SafeFd epoll = new(Libc.EpollCreate());
        EpollEventBuffer events = new(4);
        Assert.Equal(0, Libc.EpollCtl(epoll.Value, EpollOperation.Add, receiver.Value, EpollEvents.In, 1));
        using MessageBatch send = new(1, 0);
        using MessageBatch receive = new(1, 64);
        byte[] memory = GC.AllocateArray<byte>(4096, pinned: true);
        send.SetBuffer(0, memory.AsSpan(0, 100));
        receive.SetBuffer(0, memory.AsSpan(2048));
        int failures = 0;
        long before = 0;
        for (int i = 0; i < 300; i++)
        {
            if (i == 200)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            send.PrepareSend(0, to, mapped: false);
            failures += send.Send(sender.Value, 1, 0) == 1 ? 0 : 1;
            failures += Libc.EpollWait(epoll.Value, events, 1000) == 1 && events.Data(0) == 1 ? 0 : 1;
            failures += receive.Receive(receiver.Value, 1, Libc.MSG_DONTWAIT) == 1 && receive.TryGetSource(0, out _) ? 0 : 1;
            failures += Libc.Recv(receiver.Value, memory, Libc.MSG_DONTWAIT) == -1 && Libc.LastErrno == Errno.EAGAIN ? 0 : 1;
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(0, failures);
    }

    private static SafeFd UdpSocket(out AddrPort bound)
    {
        SafeFd fd = new(Libc.Socket(Libc.AF_INET, Libc.SOCK_DGRAM, 0));
        Assert.Equal(0, Libc.Bind(fd.Value, SockAddr.From(AddrPort.Parse("127.0.0.1:0"))));
        Assert.Equal(0, Libc.GetSockName(fd.Value, out SockAddr address));
        Assert.True(address.TryRead(out bound));
        return fd;
    }
}
