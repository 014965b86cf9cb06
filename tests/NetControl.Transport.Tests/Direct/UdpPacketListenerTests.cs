using System.Net;
using NetControl.Network;
using NetControl.Testing.Proxies;
using NetControl.Transport.Direct;

namespace NetControl.Transport.Tests.Direct;

public sealed class UdpPacketListenerTests
{
    private readonly PacketRecorder _recorder = new();

    [Fact]
    public async Task Send_BothFamilies_EchoThroughOneSocket()
    {
        using var v4 = new EchoServer(IPAddress.Loopback);
        using var v6 = new EchoServer(IPAddress.IPv6Loopback);
        using IPacketConnection connection = Open();
        connection.Receive(_recorder);
        foreach (EchoServer server in new[] { v4, v6 })
        {
            AddrPort address = AddrPort.From(server.EndPoint);
            Assert.True(connection.Send("ping"u8, address));
            (byte[] payload, AddrPort source) = await _recorder.NextAsync();
            Assert.Equal("ping"u8.ToArray(), payload);
            Assert.Equal(address, source);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2_049)]
    [InlineData(65_507)]
    public async Task Datagram_AnySize_ArrivesWhole(int length)
    {
        using var server = new EchoServer();
        using IPacketConnection connection = Open();
        connection.Receive(_recorder);
        byte[] payload = new byte[length];
        Random.Shared.NextBytes(payload);
        Assert.True(connection.Send(payload, AddrPort.From(server.EndPoint)));
        Assert.Equal(payload, (await _recorder.NextAsync()).Payload);
    }

    [Fact]
    public void Datagram_TooLarge_SaysSo()
    {
        using IPacketConnection connection = Open();
        NetworkException error = Assert.Throws<NetworkException>(() => connection.Send(new byte[65_508], AddrPort.Parse("127.0.0.1:9")));
        Assert.Equal(NetworkError.MessageTooLarge, error.Error);
    }

    [Fact]
    public async Task Receive_AfterArrival_DeliversWhatCameBefore()
    {
        using var server = new EchoServer();
        using IPacketConnection connection = Open();
        connection.Send("a"u8, AddrPort.From(server.EndPoint));
        connection.Send("b"u8, AddrPort.From(server.EndPoint));
        await WaitUntil(() => server.Datagrams == 2);
        connection.Receive(_recorder);
        Assert.Equal("a"u8.ToArray(), (await _recorder.NextAsync()).Payload);
        Assert.Equal("b"u8.ToArray(), (await _recorder.NextAsync()).Payload);
        Assert.Throws<InvalidOperationException>(() => connection.Receive(_recorder));
    }

    [Fact]
    public async Task Dispose_Receiving_EndsOnceWithoutAnErrorAndSendsNoMore()
    {
        IPacketConnection connection = Open();
        connection.Receive(_recorder);
        connection.Dispose();
        connection.Dispose();
        Assert.Null(await _recorder.Closed);
        Assert.Equal(1, _recorder.Closes);
        NetworkException error = Assert.Throws<NetworkException>(() => connection.Send("x"u8, AddrPort.Parse("127.0.0.1:9")));
        Assert.Equal(NetworkError.Closed, error.Error);
    }

    [Fact]
    public async Task Receive_AfterDispose_HearsTheEnd()
    {
        IPacketConnection connection = Open();
        connection.Dispose();
        connection.Receive(_recorder);
        Assert.Null(await _recorder.Closed);
    }

    [Fact]
    public async Task Send_NobodyListens_KeepsTheSocketAlive()
    {
        using var server = new EchoServer();
        using IPacketConnection connection = Open();
        connection.Receive(_recorder);
        connection.Send("lost"u8, AddrPort.Parse("127.0.0.1:1"));
        connection.Send("ping"u8, AddrPort.From(server.EndPoint));
        Assert.Equal("ping"u8.ToArray(), (await _recorder.NextAsync()).Payload);
    }

    [Fact]
    public void Send_Forbidden_ReportsOrDropsButNeverThrows()
    {
        using IPacketConnection connection = Open();
        connection.Receive(_recorder);
        Assert.False(connection.Send("x"u8, AddrPort.Parse("255.255.255.255:9")));
    }

    [Fact]
    public async Task Handler_Throws_EndsTheConnectionWithItsError()
    {
        using var server = new EchoServer();
        using IPacketConnection connection = Open();
        var handler = new ThrowingHandler();
        connection.Receive(handler);
        connection.Send("x"u8, AddrPort.From(server.EndPoint));
        Assert.IsType<InvalidOperationException>(await handler.Closed.Task.WaitAsync(StreamExtensions.Patience));
    }

    [Fact]
    public async Task Listen_Cancelled_SaysSo() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new UdpPacketListener().ListenAsync(new CancellationToken(canceled: true)).AsTask());

    [Fact]
    public async Task Listen_UnknownInterface_IsADialException() => await Assert.ThrowsAsync<DialException>(
        () => new UdpPacketListener(new DirectSocketOptions { Interface = "nosuchif0" }).ListenAsync().AsTask());

    [Fact]
    public async Task Proxy_OverThisListener_RoundTripsAndExpires()
    {
        using var server = new EchoServer();
        var receiver = new PacketReceiver();
        var options = new PacketListenerProxyOptions { WriteIdleTimeout = TimeSpan.FromMilliseconds(200) };
        IPacketRequestSender sender = new PacketListenerProxy(new UdpPacketListener(), options).NewSession(receiver);
        byte[] large = new byte[65_507];
        sender.WriteTo(large, AddrPort.From(server.EndPoint));
        Assert.Equal(large, await receiver.Received.Task.WaitAsync(StreamExtensions.Patience));
        await receiver.Closed.Task.WaitAsync(StreamExtensions.Patience);
        Assert.Throws<NetworkException>(() => sender.WriteTo("x"u8, AddrPort.From(server.EndPoint)));
    }

    [Fact]
    public void Send_ManyDatagrams_AllocatesNothing()
    {
        using IPacketConnection sink = Open();
        using IPacketConnection connection = Open();
        AddrPort destination = new(IpAddr.Parse("127.0.0.1"), (ushort)((UdpPacketConnection)sink).LocalPort);
        SendMany(connection, destination);
        long before = GC.GetAllocatedBytesForCurrentThread();
        SendMany(connection, destination);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void SendMany(IPacketConnection connection, AddrPort destination)
    {
        for (int i = 0; i < 1_000; i++)
        {
            connection.Send("ping"u8, destination);
        }
    }

    private static IPacketConnection Open()
    {
        Task<IPacketConnection> listening = new UdpPacketListener().ListenAsync().AsTask();
        Assert.True(listening.IsCompletedSuccessfully);
        return listening.Result;
    }

    private static async Task WaitUntil(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(StreamExtensions.Patience);
        while (!condition())
        {
            await Task.Delay(1, patience.Token);
        }
    }

    private sealed class ThrowingHandler : IPacketHandler
    {
        public TaskCompletionSource<Exception?> Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void OnPacket(ReadOnlySpan<byte> payload, in AddrPort source) => throw new InvalidOperationException("planted");

        public void OnUnreachable(in AddrPort destination, UnreachableReason reason)
        {
        }

        public void OnClosed(Exception? error) => Closed.SetResult(error);
    }
}
