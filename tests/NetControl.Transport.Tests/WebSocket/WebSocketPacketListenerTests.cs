using System.Net.WebSockets;
using NetControl.Network;
using NetControl.Transport.Direct;
using NetControl.Transport.WebSocket;

namespace NetControl.Transport.Tests.WebSocket;

public sealed class WebSocketPacketListenerTests
{
    [Fact]
    public async Task Send_Datagrams_AreMessagesAndComeBackFromWhereTheyWent()
    {
        using var server = WebSocketServer.Framework(EchoAsync);
        var recorder = new PacketRecorder();
        using IPacketConnection socket = await Listener().ListenAsync();
        byte[] large = new byte[65_507];
        Random.Shared.NextBytes(large);
        Assert.True(socket.Send([1, 2, 3], server.Address.Address));
        socket.Receive(recorder);
        Assert.Equal([1, 2, 3], (await recorder.NextAsync()).Payload);
        Assert.True(socket.Send([], server.Address.Address));
        Assert.Equal(Array.Empty<byte>(), (await recorder.NextAsync()).Payload);
        Assert.True(socket.Send(large, server.Address.Address));
        (byte[] payload, AddrPort source) = await recorder.NextAsync();
        Assert.Equal(large, payload);
        Assert.Equal(server.Address.Address, source);
        Assert.StartsWith("GET /packets ", server.Request, StringComparison.Ordinal);
        Assert.Equal(
            NetworkError.MessageTooLarge, Assert.Throws<NetworkException>(() => socket.Send(new byte[65_508], server.Address.Address)).Error);
    }

    /// <summary>The reference's tests of many writers and readers at once.</summary>
    [Fact]
    public async Task Send_HundredAtOnce_AllAreReceivedAndAllAnswersAreDistinct()
    {
        using var server = WebSocketServer.Framework(EchoAsync);
        var recorder = new PacketRecorder();
        using IPacketConnection socket = await Listener().ListenAsync();
        socket.Receive(recorder);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() => Assert.True(socket.Send([(byte)i], server.Address.Address)))));
        HashSet<byte> seen = [];
        for (int i = 0; i < 100; i++)
        {
            Assert.True(seen.Add((await recorder.NextAsync()).Payload[0]));
        }

        Assert.Equal(1, server.Accepted);
    }

    [Fact]
    public async Task Send_AfterTheServerClosed_MakesANewWebSocket()
    {
        using var server = WebSocketServer.Framework(async socket =>
        {
            byte[] buffer = new byte[10];
            WebSocketReceiveResult read = await socket.ReceiveAsync(buffer, default);
            await socket.SendAsync(buffer.AsMemory(0, read.Count), WebSocketMessageType.Binary, true, default);
            await socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, "", default);
        });
        var recorder = new PacketRecorder();
        using IPacketConnection socket = await Listener().ListenAsync();
        socket.Receive(recorder);
        for (int i = 1; i <= 3; i++)
        {
            // One that is sent before the close has come is lost, as datagrams are; each that is not is answered.
            Task<(byte[] Payload, AddrPort Source)> answer = recorder.NextAsync();
            while (!answer.IsCompleted)
            {
                socket.Send([7], server.Address.Address);
                await Task.Yield();
            }

            await answer;
        }

        Assert.InRange(server.Accepted, 2, int.MaxValue);
        Assert.Equal(0, recorder.Closes);
    }

    [Fact]
    public async Task Send_TwoDestinations_HaveTheirOwnWebSockets()
    {
        using var first = WebSocketServer.Framework(EchoAsync);
        using var second = WebSocketServer.Framework(EchoAsync);
        var recorder = new PacketRecorder();
        using IPacketConnection socket = await Listener().ListenAsync();
        socket.Receive(recorder);
        foreach (WebSocketServer server in (WebSocketServer[])[first, second, first])
        {
            socket.Send([5], server.Address.Address);
            Assert.Equal(server.Address.Address, (await recorder.NextAsync()).Source);
        }

        Assert.Equal((1, 1), (first.Accepted, second.Accepted));
    }

    [Fact]
    public async Task Send_NobodyThere_IsTold()
    {
        var recorder = new PacketRecorder();
        using IPacketConnection socket = await Listener().ListenAsync();
        socket.Receive(recorder);
        socket.Send([1], AddrPort.Parse("127.0.0.1:1"));
        Assert.Equal((AddrPort.Parse("127.0.0.1:1"), UnreachableReason.Port), await recorder.NextUnreachableAsync());
    }

    [Fact]
    public async Task Listen_ForAServer_DialsItByNameWhateverTheAddress()
    {
        using var server = WebSocketServer.Framework(EchoAsync);
        var recorder = new PacketRecorder();
        using IPacketConnection socket = await Listener().ListenAsync(new HostPort("localhost", server.Address.Port));
        socket.Receive(recorder);
        AddrPort mark = AddrPort.Parse("0.0.0.0:9");
        socket.Send([1], mark);
        Assert.Equal(mark, (await recorder.NextAsync()).Source);
        Assert.Contains($"\r\nHost: localhost:{server.Address.Port}\r\n", server.Request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Receive_MessageThatNoDatagramCanBe_IsDropped()
    {
        using var server = WebSocketServer.Framework(async socket =>
        {
            byte[] buffer = new byte[10];
            await socket.ReceiveAsync(buffer, default);
            await socket.SendAsync(new byte[65_536], WebSocketMessageType.Binary, true, default);
            await socket.SendAsync(new byte[] { 7 }, WebSocketMessageType.Binary, true, default);
            await socket.ReceiveAsync(buffer, default);
        });
        var recorder = new PacketRecorder();
        using IPacketConnection socket = await Listener().ListenAsync();
        socket.Receive(recorder);
        socket.Send([1], server.Address.Address);
        Assert.Equal([7], (await recorder.NextAsync()).Payload);
    }

    [Fact]
    public async Task Dispose_TellsOnceAndSendingIsOver()
    {
        using var server = WebSocketServer.Framework(EchoAsync);
        var recorder = new PacketRecorder();
        IPacketConnection socket = await Listener().ListenAsync();
        socket.Receive(recorder);
        socket.Send([1], server.Address.Address);
        await recorder.NextAsync();
        socket.Dispose();
        socket.Dispose();
        Assert.Null(await recorder.Closed);
        Assert.Equal(1, recorder.Closes);
        Assert.Equal(NetworkError.Closed, Assert.Throws<NetworkException>(() => socket.Send([1], server.Address.Address)).Error);
        Exception? error = await Record.ExceptionAsync(() => server.FirstScript.WaitAsync(StreamExtensions.Patience));
        Assert.True(error is null or System.Net.WebSockets.WebSocketException, error?.ToString());
    }

    private static WebSocketPacketListener Listener() => new(new TcpStreamDialer(), "/packets");

    private static async Task EchoAsync(System.Net.WebSockets.WebSocket socket)
    {
        byte[] buffer = new byte[70_000];
        while (true)
        {
            int length = 0;
            WebSocketReceiveResult read;
            do
            {
                read = await socket.ReceiveAsync(new ArraySegment<byte>(buffer, length, buffer.Length - length), default);
                length += read.Count;
            }
            while (!read.EndOfMessage);
            if (read.MessageType == WebSocketMessageType.Close)
            {
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, length), WebSocketMessageType.Binary, true, default);
        }
    }
}
