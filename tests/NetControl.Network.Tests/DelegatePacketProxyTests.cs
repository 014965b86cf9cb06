namespace NetControl.Network.Tests;

public sealed class DelegatePacketProxyTests
{
    [Fact]
    public void SetProxy_Sessions_GoToTheProxyOfTheirTime()
    {
        var first = new CountingProxy();
        var second = new CountingProxy();
        var proxy = new DelegatePacketProxy(first);
        Assert.Equal((0, 0), (first.Count, second.Count));
        Assert.Null(proxy.NewSession(null!));
        Assert.Equal((1, 0), (first.Count, second.Count));
        proxy.SetProxy(second);
        Assert.Equal((1, 0), (first.Count, second.Count));
        proxy.NewSession(null!);
        proxy.NewSession(null!);
        Assert.Equal((1, 2), (first.Count, second.Count));
    }

    [Fact]
    public async Task SetProxy_WhileSessionsStart_LosesAndDoublesNone()
    {
        CountingProxy[] proxies = [.. Enumerable.Range(0, 10).Select(_ => new CountingProxy())];
        var proxy = new DelegatePacketProxy(proxies[0]);
        using var stop = new CancellationTokenSource();
        Task swapper = Task.Run(() =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                proxy.SetProxy(proxies[i % 10]);
            }
        });
        await Task.Run(() =>
        {
            for (int i = 0; i < 50; i++)
            {
                proxy.NewSession(null!);
                Thread.Yield();
            }
        });
        await stop.CancelAsync();
        await swapper;
        Assert.Equal(50, proxies.Sum(p => p.Count));
    }

    [Fact]
    public void Null_InConstructorAndSetProxy_IsRefusedAndTheOldProxyStays()
    {
        Assert.Throws<ArgumentNullException>(() => new DelegatePacketProxy(null!));
        var first = new CountingProxy();
        var proxy = new DelegatePacketProxy(first);
        Assert.Throws<ArgumentNullException>(() => proxy.SetProxy(null!));
        proxy.NewSession(null!);
        Assert.Equal(1, first.Count);
    }

    [Fact]
    public void SetProxy_OfAnotherType_Works()
    {
        var first = new CountingProxy();
        var listener = new FakePacketListener();
        var proxy = new DelegatePacketProxy(first);
        proxy.SetProxy(new PacketListenerProxy(listener));
        proxy.NewSession(new RecordingReceiver()).Close();
        Assert.Equal((0, 1), (first.Count, listener.Opened));
    }

    [Fact]
    public void SetProxy_ExistingSession_StaysOnItsOldProxy()
    {
        var listener = new FakePacketListener();
        var proxy = new DelegatePacketProxy(new PacketListenerProxy(listener));
        var receiver = new RecordingReceiver();
        IPacketRequestSender sender = proxy.NewSession(receiver);
        var second = new CountingProxy();
        proxy.SetProxy(second);
        sender.WriteTo([1], AddrPort.Parse("192.0.2.1:1"));
        listener.Last.Handler.OnPacket([2], AddrPort.Parse("192.0.2.1:1"));
        Assert.Single(listener.Last.Sent);
        Assert.Single(receiver.Received);
        Assert.Equal((0, 0), (second.Count, receiver.CloseCalls));
        sender.Close();
    }

    [Fact]
    public void NewSession_InnerError_PassesUnchanged()
    {
        var error = new DialException(DialFailure.NotAllowed, "blocked");
        var proxy = new DelegatePacketProxy(new PacketListenerProxy(new FakePacketListener { Error = error }));
        Assert.Same(error, Assert.Throws<DialException>(() => proxy.NewSession(new RecordingReceiver())));
    }

    private sealed class CountingProxy : IPacketProxy
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public IPacketRequestSender NewSession(IPacketResponseReceiver responses)
        {
            Interlocked.Increment(ref _count);
            return null!;
        }
    }
}
