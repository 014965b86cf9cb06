using NetControl.Testing;

namespace NetControl.Network.Tests;

public sealed class PacketListenerProxyTests
{
    private static readonly AddrPort Destination = AddrPort.Parse("192.0.2.1:53");
    private static readonly AddrPort DestinationV6 = AddrPort.Parse("[2001:db8::1]:53");
    private static readonly byte[] Ping = "ping"u8.ToArray();

    private readonly ManualTimeProvider _clock = new();
    private readonly FakePacketListener _listener = new();
    private readonly RecordingReceiver _receiver = new();

    [Fact]
    public void Options_Default_IsThirtySeconds()
    {
        Assert.Equal(TimeSpan.FromSeconds(30), new PacketListenerProxy(_listener).Options.WriteIdleTimeout);
        Assert.Equal(TimeSpan.FromSeconds(30), PacketListenerProxyOptions.DefaultWriteIdleTimeout);
    }

    [Fact]
    public void Options_FiveMinutes_AreKept()
    {
        var proxy = new PacketListenerProxy(_listener, new PacketListenerProxyOptions { WriteIdleTimeout = TimeSpan.FromMinutes(5) });
        Assert.Equal(TimeSpan.FromMinutes(5), proxy.Options.WriteIdleTimeout);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Options_TimeoutNotPositive_IsRefused(int seconds)
    {
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(
            () => new PacketListenerProxyOptions { WriteIdleTimeout = TimeSpan.FromSeconds(seconds) });
        Assert.Contains("must be greater than 0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_NullListener_IsRefused() => Assert.Throws<ArgumentNullException>(() => new PacketListenerProxy(null!));

    [Fact]
    public void NewSession_NullReceiver_IsRefusedAndOpensNothing()
    {
        Assert.Throws<ArgumentNullException>(() => new PacketListenerProxy(_listener).NewSession(null!));
        Assert.Equal(0, _listener.Opened);
    }

    [Fact]
    public void NewSession_EachCall_OpensItsOwnSocketWithoutAToken()
    {
        PacketListenerProxy proxy = Proxy();
        proxy.NewSession(_receiver);
        proxy.NewSession(new RecordingReceiver());
        Assert.Equal(2, _listener.Opened);
        Assert.False(_listener.SeenToken.CanBeCanceled);
    }

    [Fact]
    public void NewSession_ListenerFailsAtOnce_ThrowsThatVeryError()
    {
        var error = new DialException(DialFailure.LocalLimit, "no descriptors");
        var proxy = new PacketListenerProxy(new FakePacketListener { Error = error });
        Assert.Same(error, Assert.Throws<DialException>(() => proxy.NewSession(_receiver)));
        Assert.Equal(0, _receiver.CloseCalls);
    }

    [Fact]
    public void Session_NeverWritten_StillReceives()
    {
        Proxy().NewSession(_receiver);
        _listener.Last.Handler.OnPacket(Ping, Destination);
        (byte[] payload, AddrPort source) = Assert.Single(_receiver.Received);
        Assert.Equal(Ping, payload);
        Assert.Equal(Destination, source);
    }

    [Fact]
    public void WriteTo_Open_SendsAndReturnsTheLength()
    {
        IPacketRequestSender sender = Proxy().NewSession(_receiver);
        Assert.Equal(4, sender.WriteTo(Ping, Destination));
        Assert.Equal(0, sender.WriteTo([], DestinationV6));
        Assert.Equal([(4, Destination), (0, DestinationV6)], _listener.Last.Sent.Select(sent => (sent.Payload.Length, sent.Destination)));
    }

    [Theory]
    [InlineData("192.0.2.1:1", 65_507)]
    [InlineData("[2001:db8::1]:1", 65_527)]
    public void WriteTo_OneByteMoreThanUdpCarries_IsTooLarge(string destination, int limit)
    {
        IPacketRequestSender sender = Proxy().NewSession(_receiver);
        Assert.Equal(limit, sender.WriteTo(new byte[limit], AddrPort.Parse(destination)));
        NetworkAssert.Fails(NetworkError.MessageTooLarge, () => sender.WriteTo(new byte[limit + 1], AddrPort.Parse(destination)));
        Assert.Equal(limit, Assert.Single(_listener.Last.Sent).Payload.Length);
    }

    [Theory]
    [InlineData(2_049)]
    [InlineData(65_507)]
    public void Reply_LargerThanAnyFixedBuffer_ArrivesWhole(int length)
    {
        Proxy().NewSession(_receiver);
        byte[] reply = new byte[length];
        Random.Shared.NextBytes(reply);
        _listener.Last.Handler.OnPacket(reply, Destination);
        Assert.Equal(reply, Assert.Single(_receiver.Received).Payload);
    }

    [Fact]
    public void Close_Open_DisposesTheSocketAndClosesTheReceiverOnce()
    {
        IPacketRequestSender sender = Proxy().NewSession(_receiver);
        sender.Close();
        Assert.Equal(1, _listener.Last.Disposals);
        Assert.Equal(1, _receiver.CloseCalls);
        Assert.Equal(0, _clock.ArmedTimers);
        Assert.Equal(PacketSessionEnd.Closed, Outcome(sender).End);
        NetworkAssert.Closed(() => sender.WriteTo(Ping, Destination));
        NetworkAssert.Closed(sender.Close);
        Assert.Equal(1, _receiver.CloseCalls);
    }

    [Fact]
    public void Idle_NoWrites_ExpiresExactlyAtTheTimeoutAndClosesOnce()
    {
        IPacketRequestSender sender = Proxy().NewSession(_receiver);
        _clock.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, _receiver.CloseCalls);
        Assert.Equal(PacketSessionEnd.None, Outcome(sender).End);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, _receiver.CloseCalls);
        Assert.Equal(1, _listener.Last.Disposals);
        Assert.Equal(PacketSessionEnd.Idle, Outcome(sender).End);
        NetworkAssert.Closed(() => sender.WriteTo(Ping, Destination));
        NetworkAssert.Closed(sender.Close);
        _clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(1, _receiver.CloseCalls);
    }

    [Fact]
    public void Idle_Writes_ProlongTheSession()
    {
        IPacketRequestSender sender = Proxy().NewSession(_receiver);
        for (int i = 0; i < 3; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(20));
            sender.WriteTo(Ping, Destination);
        }

        _clock.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(0, _receiver.CloseCalls);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, _receiver.CloseCalls);
    }

    [Fact]
    public void Idle_Replies_DoNotProlongTheSession()
    {
        Proxy().NewSession(_receiver);
        for (int i = 0; i < 29; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            _listener.Last.Handler.OnPacket(Ping, Destination);
        }

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, _receiver.CloseCalls);
        _listener.Last.Handler.OnPacket(Ping, Destination);
        Assert.Equal(29, _receiver.Received.Count);
    }

    [Fact]
    public void Idle_ManyWrites_NeverTouchTheTimer()
    {
        IPacketRequestSender sender = Proxy().NewSession(_receiver);
        int before = _clock.TimerChanges;
        for (int i = 0; i < 1_000; i++)
        {
            sender.WriteTo(Ping, Destination);
        }

        Assert.Equal(before, _clock.TimerChanges);
    }

    [Fact]
    public void Idle_TimeoutLongerThanPlatformTimersKnow_IsWaitedInPieces()
    {
        PacketListenerProxy proxy = Proxy(TimeSpan.FromDays(100));
        proxy.NewSession(_receiver);
        _clock.Advance(TimeSpan.FromDays(99.9));
        Assert.Equal(0, _receiver.CloseCalls);
        _clock.Advance(TimeSpan.FromDays(0.1));
        Assert.Equal(1, _receiver.CloseCalls);
        new PacketListenerProxy(_listener, new PacketListenerProxyOptions { WriteIdleTimeout = TimeSpan.MaxValue }).NewSession(new RecordingReceiver()).Close();
    }

    [Fact]
    public async Task Idle_SystemClock_ExpiresToo()
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _receiver.OnClose = closed.SetResult;
        var options = new PacketListenerProxyOptions { WriteIdleTimeout = TimeSpan.FromMilliseconds(50) };
        new PacketListenerProxy(_listener, options).NewSession(_receiver).WriteTo(Ping, Destination);
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void Receiver_WriteFromThrows_EndsTheSession()
    {
        IPacketRequestSender sender = Proxy().NewSession(_receiver);
        _receiver.WriteError = new InvalidOperationException("full");
        _listener.Last.Handler.OnPacket(Ping, Destination);
        Assert.Equal(1, _receiver.CloseCalls);
        Assert.Equal(1, _listener.Last.Disposals);
        Assert.Equal(PacketSessionEnd.ReceiverFailed, Outcome(sender).End);
        Assert.Same(_receiver.WriteError, Outcome(sender).Failure);
        NetworkAssert.Closed(() => sender.WriteTo(Ping, Destination));
    }

    [Fact]
    public void Upstream_Breaks_EndsTheSessionWithItsError()
    {
        IPacketRequestSender sender = Proxy().NewSession(_receiver);
        var error = new IOException("control connection lost");
        PacketSessionEnd endSeenByReceiver = PacketSessionEnd.None;
        _receiver.OnClose = () => endSeenByReceiver = Outcome(sender).End;
        _listener.Last.Handler.OnClosed(error);
        Assert.Equal(PacketSessionEnd.UpstreamFailed, endSeenByReceiver);
        Assert.Same(error, Outcome(sender).Failure);
        NetworkAssert.Closed(sender.Close);
    }

    [Fact]
    public void Upstream_SendSaysClosed_EndsTheSession()
    {
        IPacketRequestSender sender = Proxy().NewSession(_receiver);
        _listener.Last.SendError = NetworkError.Closed;
        NetworkAssert.Closed(() => sender.WriteTo(Ping, Destination));
        Assert.Equal(1, _receiver.CloseCalls);
    }

    [Fact]
    public void Upstream_SendSaysTooLarge_KeepsTheSession()
    {
        IPacketRequestSender sender = Proxy().NewSession(_receiver);
        _listener.Last.SendError = NetworkError.MessageTooLarge;
        NetworkAssert.Fails(NetworkError.MessageTooLarge, () => sender.WriteTo(Ping, Destination));
        Assert.Equal(0, _receiver.CloseCalls);
    }

    [Fact]
    public void Unreachable_ReceiverThatListens_HearsIt()
    {
        Proxy().NewSession(_receiver);
        _listener.Last.Handler.OnUnreachable(Destination, UnreachableReason.Port);
        Assert.Equal((Destination, UnreachableReason.Port), Assert.Single(_receiver.Unreachable));
    }

    [Fact]
    public void Close_FromInsideReceiverClose_SaysClosedAndDoesNotRecurse()
    {
        IPacketRequestSender sender = Proxy().NewSession(_receiver);
        NetworkException? inner = null;
        _receiver.OnClose = () => inner = Assert.Throws<NetworkException>(sender.Close);
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(NetworkError.Closed, inner?.Error);
        Assert.Equal(1, _receiver.CloseCalls);
    }

    [Fact]
    public void ReceiverClose_ThatClosesTheSender_IsNotAnError()
    {
        IPacketRequestSender sender = Proxy().NewSession(_receiver);
        _receiver.OnClose = sender.Close;
        _receiver.Close();
        Assert.Equal(1, _receiver.SuccessfulCloses);
        Assert.Equal(2, _receiver.CloseCalls);
        Assert.Equal(1, _listener.Last.Disposals);
    }

    [Fact]
    public async Task Close_FiftyAtOnce_OneSucceedsAndNothingHangs()
    {
        IPacketRequestSender sender = Proxy().NewSession(_receiver);
        using var start = new Barrier(50);
        int succeeded = 0;
        int closed = 0;
        Thread[] threads = [.. Enumerable.Range(0, 50).Select(_ => new Thread(() =>
        {
            start.SignalAndWait();
            try
            {
                sender.Close();
                Interlocked.Increment(ref succeeded);
            }
            catch (NetworkException e) when (e.Error == NetworkError.Closed)
            {
                Interlocked.Increment(ref closed);
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        await Task.Run(() => Array.ForEach(threads, thread => thread.Join())).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((1, 49), (succeeded, closed));
        Assert.Equal(1, _receiver.CloseCalls);
    }

    [Fact]
    public async Task Session_WritesRepliesAndExpiryAtOnce_EndsOnceAndThenOnlySaysClosed()
    {
        for (int round = 0; round < 50; round++)
        {
            var receiver = new RecordingReceiver();
            IPacketRequestSender sender = Proxy().NewSession(receiver);
            FakePacketConnection connection = _listener.Last;
            Task writer = Task.Run(() =>
            {
                try
                {
                    while (true)
                    {
                        sender.WriteTo(Ping, Destination);
                    }
                }
                catch (NetworkException e) when (e.Error == NetworkError.Closed)
                {
                }
            });
            Task reader = Task.Run(() =>
            {
                while (receiver.CloseCalls == 0)
                {
                    connection.Handler.OnPacket(Ping, Destination);
                }
            });
            Task closer = Task.Run(sender.Close);
            await Task.WhenAll(writer, reader, closer).WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(1, receiver.CloseCalls);
            Assert.Equal(1, connection.Disposals);
        }
    }

    [Fact]
    public void Datagrams_BothWays_AllocateNothing()
    {
        IPacketRequestSender sender = Proxy().NewSession(_receiver);
        FakePacketConnection connection = _listener.Last;
        connection.Record = false;
        _receiver.Record = false;
        Exchange(sender, connection, 10_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Exchange(sender, connection, 10_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Session_Memory_IsAFewHundredBytes()
    {
        var proxy = new PacketListenerProxy(new SharedListener(), new PacketListenerProxyOptions());
        proxy.NewSession(_receiver).Close();
        const int Count = 1_000;
        var sessions = new IPacketRequestSender[Count];
        var receivers = new RecordingReceiver[Count];
        for (int i = 0; i < Count; i++)
        {
            receivers[i] = new RecordingReceiver();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Count; i++)
        {
            sessions[i] = proxy.NewSession(receivers[i]);
        }

        long each = (GC.GetAllocatedBytesForCurrentThread() - before) / Count;
        Array.ForEach(sessions, session => session.Close());
        Assert.InRange(each, 1, 400);
    }

    private static void Exchange(IPacketRequestSender sender, FakePacketConnection connection, int times)
    {
        for (int i = 0; i < times; i++)
        {
            sender.WriteTo(Ping, Destination);
            connection.Handler.OnPacket(Ping, DestinationV6);
        }
    }

    private static IPacketSessionOutcome Outcome(IPacketRequestSender sender) => Assert.IsAssignableFrom<IPacketSessionOutcome>(sender);

    private PacketListenerProxy Proxy(TimeSpan? idle = null) => new(
        _listener,
        new PacketListenerProxyOptions { TimeProvider = _clock, WriteIdleTimeout = idle ?? TimeSpan.FromSeconds(30) });

    private sealed class SharedListener : IPacketListener
    {
        private readonly FakePacketConnection _connection = new();

        public ValueTask<IPacketConnection> ListenAsync(CancellationToken cancellationToken = default) => new(_connection);
    }
}
