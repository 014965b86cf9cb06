using System.Net.WebSockets;
using System.Text;
using NetControl.Network;
using NetControl.Testing.Proxies;
using NetControl.Transport.Direct;
using NetControl.Transport.Http;
using NetControl.Transport.Tests.Socks5;
using NetControl.Transport.WebSocket;

namespace NetControl.Transport.Tests.WebSocket;

public sealed class WebSocketStreamDialerTests
{
    [Theory]
    [InlineData("/tunnel", "GET /tunnel HTTP/1.1")]
    [InlineData("tunnel/x y?z", "GET /tunnel/x%20y%3Fz HTTP/1.1")]
    public async Task Dial_Request_IsAsTheStandardHasIt(string path, string line)
    {
        using var server = WebSocketServer.Raw(connection => connection.WaitForEndAsync());
        using (await server.DialAsync(path))
        {
            string[] lines = server.Request.Split("\r\n");
            Assert.Equal(line, lines[0]);
            Assert.Contains($"Host: {server.Address}", lines);
            Assert.Contains("Upgrade: websocket", lines);
            Assert.Contains("Connection: Upgrade", lines);
            Assert.Contains("Sec-WebSocket-Version: 13", lines);
            Assert.Contains("User-Agent: NetControl", lines);
        }
    }

    /// <summary>The reference's test of the stream endpoint: ten requests and answers, each in more than one write.</summary>
    [Fact]
    public async Task Stream_TenRequests_AreAnsweredAndTheStreamEndsBothWays()
    {
        using var server = WebSocketServer.Framework(async socket =>
        {
            byte[] buffer = new byte[100];
            for (int i = 0; i < 10; i++)
            {
                WebSocketReceiveResult first = await socket.ReceiveAsync(buffer, default);
                Assert.Equal((WebSocketMessageType.Binary, true, 2), (first.MessageType, first.EndOfMessage, first.Count));
                Assert.Equal(5, (await socket.ReceiveAsync(buffer, default)).Count);
                await socket.SendAsync("res"u8.ToArray(), WebSocketMessageType.Binary, false, default);
                await socket.SendAsync(Encoding.ASCII.GetBytes($"ponse{i}"), WebSocketMessageType.Binary, true, default);
            }

            Assert.Equal(WebSocketCloseStatus.NormalClosure, (await socket.ReceiveAsync(buffer, default)).CloseStatus);
            await socket.SendAsync("late"u8.ToArray(), WebSocketMessageType.Binary, true, default);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", default);
        });
        using IStreamConnection stream = await server.DialAsync();
        for (int i = 0; i < 10; i++)
        {
            await stream.WriteAsync("re"u8.ToArray());
            await stream.WriteAsync("quest"u8.ToArray());
            Assert.Equal($"response{i}", Encoding.ASCII.GetString(await stream.ReadExactlyAsync(9)));
        }

        await stream.CloseWriteAsync();
        await stream.CloseWriteAsync();
        Assert.Equal("late"u8.ToArray(), await stream.ReadToEndAsync());
        Assert.Equal(0, await stream.ReadAsync(new byte[1]));
        await server.FirstScript.WaitAsync(StreamExtensions.Patience);
    }

    [Fact]
    public async Task Stream_ServerClosesFirst_OurHalfGoesOn()
    {
        byte[] heard = [];
        using var server = WebSocketServer.Framework(async socket =>
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", default);
            heard = new byte[4];
            await socket.ReceiveAsync(heard, default);
        });
        using IStreamConnection stream = await server.DialAsync();
        Assert.Empty(await stream.ReadToEndAsync());
        await stream.WriteAsync("more"u8.ToArray());
        await server.FirstScript.WaitAsync(StreamExtensions.Patience);
        Assert.Equal("more"u8.ToArray(), heard);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(70_000)]
    [InlineData(3_000_000)]
    public async Task Stream_Bulk_ComesBackWhole(int length)
    {
        using var server = WebSocketServer.Framework(EchoAsync);
        using IStreamConnection stream = await server.DialAsync();
        byte[] sent = new byte[length];
        Random.Shared.NextBytes(sent);
        Task<byte[]> received = stream.ReadExactlyAsync(length);
        await stream.WriteAsync(sent);
        Assert.Equal(sent, await received);
    }

    [Theory]
    [InlineData(new byte[] { 0x88, 2, 3, 232 }, null)]
    [InlineData(new byte[] { 0x88, 0 }, null)]
    [InlineData(new byte[] { 0x88, 2, 3, 233 }, WebSocketCloseCode.GoingAway)]
    [InlineData(new byte[] { 0x88, 5, 3, 243, 97, 98, 99 }, WebSocketCloseCode.InternalError)]
    [InlineData(new byte[] { 0x81, 1, 65 }, WebSocketCloseCode.UnsupportedData)]
    [InlineData(new byte[] { 0x83, 0 }, WebSocketCloseCode.ProtocolError)]
    public async Task Read_HowTheServerEnds_IsTold(byte[] end, WebSocketCloseCode? code)
    {
        using var server = WebSocketServer.Raw(async connection =>
        {
            await connection.WriteAsync([0x82, 2, 7, 8, .. end]);
            await connection.WaitForEndAsync();
        });
        using IStreamConnection stream = await server.DialAsync();
        Assert.Equal([7, 8], await stream.ReadExactlyAsync(2));
        for (int i = 0; i < 2; i++)
        {
            if (code is null)
            {
                Assert.Equal(0, await stream.ReadAsync(new byte[1]));
            }
            else
            {
                Assert.Equal(code, (await Assert.ThrowsAsync<WebSocketStreamException>(() => stream.ReadAsync(new byte[1]).AsTask())).Code);
            }
        }
    }

    [Fact]
    public async Task Read_ConnectionEndsWithoutClose_Fails()
    {
        using var server = WebSocketServer.Raw(connection => connection.WriteAsync(0x82, 5, 1, 2));
        using IStreamConnection stream = await server.DialAsync();
        Assert.Equal([1, 2], await stream.ReadExactlyAsync(2));
        WebSocketStreamException error = await Assert.ThrowsAsync<WebSocketStreamException>(() => stream.ReadAsync(new byte[1]).AsTask());
        Assert.Null(error.Code);
    }

    [Fact]
    public async Task Read_Ping_IsAnsweredWithItsBytes()
    {
        byte[] pong = [];
        using var server = WebSocketServer.Raw(async connection =>
        {
            await connection.WriteAsync(0x02, 1, 1, 0x89, 3, 97, 98, 99, 0x80, 1, 2);
            pong = await connection.ReadAsync(9);
            await connection.WriteAsync(0x88, 0);
        });
        using IStreamConnection stream = await server.DialAsync();
        Assert.Equal([1, 2], await stream.ReadToEndAsync());
        Assert.Equal((0x8A, 0x83), (pong[0], pong[1]));
        Assert.Equal("abc"u8.ToArray(), pong[6..].Select((b, i) => (byte)(b ^ pong[2 + i])));
    }

    [Fact]
    public async Task Read_ByteByByte_IsTheSame()
    {
        using var server = WebSocketServer.Raw(connection =>
            connection.WriteByteByByteAsync([0x02, 2, 1, 2, 0x89, 1, 9, 0x80, 126, 0, 126, .. new byte[126], 0x88, 2, 3, 232]));
        using IStreamConnection stream = await server.DialAsync();
        Assert.Equal([1, 2, .. new byte[126]], await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task Read_EmptyBuffer_WaitsWithoutTaking()
    {
        using var server = WebSocketServer.Raw(connection => connection.WriteAsync(0x82, 1, 7, 0x88, 0));
        using IStreamConnection stream = await server.DialAsync();
        Assert.Equal(0, await stream.ReadAsync(Memory<byte>.Empty));
        Assert.Equal([7], await stream.ReadToEndAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await stream.CloseWriteAsync();
            await stream.WriteAsync(new byte[1]);
        });
    }

    [Theory]
    [InlineData("HTTP/1.1 404 Not Found\r\n\r\n", DialFailure.ProxyProtocol, 404, "no WebSocket at this path: 404 Not Found")]
    [InlineData("HTTP/1.1 403 Forbidden\r\n\r\n", DialFailure.NotAllowed, 403, "403")]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\n\r\n", DialFailure.ProxyUnreachable, 502, "502")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", DialFailure.ProxyProtocol, 200, "200 OK")]
    [InlineData("HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        DialFailure.ProxyProtocol, 101, "does not answer as a WebSocket server")]
    [InlineData("HTTP/1.1 101 X\r\n\r\n", DialFailure.ProxyProtocol, 101, "does not answer as a WebSocket server")]
    [InlineData("SSH-2.0-x\r\n", DialFailure.ProxyProtocol, null, "no HTTP/1.1")]
    [InlineData("", DialFailure.ProxyUnreachable, null, "closed the connection")]
    public async Task Dial_ServerThatOpensNone_IsATypedFailureAndTheConnectionEnds(string answer, DialFailure failure, int? status, string text)
    {
        using var server = new ScriptedProxy(async connection =>
        {
            await connection.ReadOnceAsync();
            if (answer.Length > 0)
            {
                await connection.WriteAsync(Encoding.ASCII.GetBytes(answer));
                await connection.WaitForEndAsync();
            }
        });
        var dialer = new WebSocketStreamDialer(new TcpStreamDialer(), "/secret");
        WebSocketHandshakeException error = await Assert.ThrowsAsync<WebSocketHandshakeException>(
            () => dialer.DialAsync(server.EndPoint.ToHostPort()).AsTask().WaitAsync(StreamExtensions.Patience));
        Assert.Equal((failure, status), (error.Failure, error.StatusCode));
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
        await server.FirstScript.WaitAsync(StreamExtensions.Patience);
    }

    [Fact]
    public void Options_FieldOfTheHandshake_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new WebSocketOptions { Fields = [new HttpField("Sec-WebSocket-Key", "x")] });

    [Fact]
    public void Stream_OnTheLoop_ContinuesInsideTheReadsAndAllocatesNothing()
    {
        LoopThread.Run(() =>
        {
            var inner = new SignalledStreamConnection();
            using var stream = new WebSocketStreamConnection(inner);
            byte[] message = [0x82, 126, 0x10, 0, .. new byte[4096], 0x89, 2, 1, 2];
            byte[] buffer = new byte[8192];
            Exchange(500);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Exchange(500);
            Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 500, 0, GarbagePerExchange);

            void Exchange(int times)
            {
                for (int i = 0; i < times; i++)
                {
                    ValueTask<int> read = stream.ReadAsync(buffer);
                    inner.Feed(message);
                    ValueTask write = stream.WriteAsync(message);
                    if (!read.IsCompletedSuccessfully || read.GetAwaiter().GetResult() != 4096 || !write.IsCompletedSuccessfully)
                    {
                        throw new InvalidOperationException("the call left the loop, or gave something else");
                    }

                    write.GetAwaiter().GetResult();
                }
            }
        });
    }

#if DEBUG
    // The compiler makes the state machines of async methods classes in debug builds; nothing can pool those.
    private const int GarbagePerExchange = 2048;
#else
    private const int GarbagePerExchange = 0;
#endif

    private static async Task EchoAsync(System.Net.WebSockets.WebSocket socket)
    {
        byte[] buffer = new byte[20_000];
        while (true)
        {
            WebSocketReceiveResult read = await socket.ReceiveAsync(buffer, default);
            if (read.MessageType == WebSocketMessageType.Close)
            {
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, read.Count), WebSocketMessageType.Binary, read.EndOfMessage, default);
        }
    }
}
