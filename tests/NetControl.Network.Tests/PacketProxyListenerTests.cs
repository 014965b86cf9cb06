namespace NetControl.Network.Tests;

public sealed class PacketProxyListenerTests
{
    private static readonly AddrPort s_remote = AddrPort.Parse("192.0.2.1:53");
    private readonly FakePacketProxy _proxy = new();

    [Fact]
    public async Task Socket_IsASessionOfTheProxy_UntilItIsDisposedOf()
    {
        var handler = new RecordingHandler();
        IPacketConnection socket = await ListenAsync();
        socket.Receive(handler);
        Assert.True(socket.Send([1, 2], s_remote));
        Assert.Equal([1, 2], Assert.Single(_proxy[0].Sent).Payload);
        _proxy[0].Receiver.WriteFrom([3], s_remote);
        ((IPacketErrorReceiver)_proxy[0].Receiver).OnUnreachable(s_remote, UnreachableReason.Port);
        Assert.Equal(["packet 3", "unreachable Port"], handler.Heard);
        socket.Dispose();
        socket.Dispose();
        Assert.True(_proxy[0].Closed);
        Assert.Equal(["packet 3", "unreachable Port", "closed"], handler.Heard);
    }

    [Fact]
    public async Task Socket_WhatComesBeforeTheHandler_IsKeptInOrder()
    {
        IPacketConnection socket = await ListenAsync();
        for (byte i = 0; i < 70; i++)
        {
            _proxy[0].Receiver.WriteFrom([i], s_remote);
        }

        _proxy[0].Receiver.Close();
        NetworkAssert.Closed(() => _proxy[0].Receiver.WriteFrom([1], s_remote));
        var handler = new RecordingHandler();
        socket.Receive(handler);
        Assert.Equal([.. Enumerable.Range(0, 64).Select(i => $"packet {i}"), "closed"], handler.Heard);
    }

    [Fact]
    public async Task Socket_RefusalOfTheProxy_ReachesTheSender()
    {
        using IPacketConnection socket = await new PacketProxyListener(new DnsTruncatePacketProxy())
            .ListenAsync(TestContext.Current.CancellationToken);
        NetworkAssert.Fails(NetworkError.PortUnreachable, () => socket.Send(new byte[12], new AddrPort(s_remote.Address, 443)));
    }

    [Fact]
    public async Task Listen_ProxyThatFails_FailsTheCall()
    {
        _proxy.Error = new DialException(DialFailure.NotAllowed, "no");
        Assert.Same(_proxy.Error, await Assert.ThrowsAsync<DialException>(async () => await ListenAsync()));
    }

    [Fact]
    public void Listener_AroundAListenerProxy_IsTheSameListener()
    {
        var inner = new FakePacketListener();
        var proxy = new PacketListenerProxy(new PacketProxyListener(new PacketListenerProxy(inner)));
        var receiver = new RecordingReceiver();
        IPacketRequestSender sender = proxy.NewSession(receiver);
        sender.WriteTo([1], s_remote);
        inner.Last.Handler.OnPacket([2], s_remote);
        Assert.Equal([1], Assert.Single(inner.Last.Sent).Payload);
        Assert.Equal([2], Assert.Single(receiver.Received).Payload);
        var error = new IOException("gone");
        inner.Last.Handler.OnClosed(error);
        Assert.Equal(1, receiver.CloseCalls);
        Assert.Same(error, ((IPacketSessionOutcome)sender).Failure);
    }

    private ValueTask<IPacketConnection> ListenAsync() =>
        new PacketProxyListener(_proxy).ListenAsync(TestContext.Current.CancellationToken);

    private sealed class RecordingHandler : IPacketHandler
    {
        public List<string> Heard { get; } = [];

        public void OnPacket(ReadOnlySpan<byte> payload, in AddrPort source) => Heard.Add($"packet {payload[0]}");

        public void OnUnreachable(in AddrPort destination, UnreachableReason reason) => Heard.Add($"unreachable {reason}");

        public void OnClosed(Exception? error) => Heard.Add("closed");
    }
}
