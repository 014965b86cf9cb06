using System.Buffers.Binary;
using NetControl.Network;
using NetControl.Testing.Proxies;
using NetControl.Transport.Direct;
using NetControl.Transport.Http2;
using NetControl.Transport.HttpConnect;

namespace NetControl.Transport.Tests.Http2;

public sealed class Http2StreamTests
{
    private static readonly HostPort Destination = HostPort.Parse("example.org:443");

    [Fact]
    public async Task Write_BeyondTheStreamsWindow_WaitsForMore()
    {
        byte[] first = [];
        byte[] second = [];
        await RunAsync(
            async (peer, stream) =>
            {
                first = await peer.DataAsync(stream, 10);
                await peer.WindowAsync(stream, 4);
                second = await peer.DataAsync(stream, 4);
                await peer.SendAsync(Http2FrameType.Settings, Http2FrameFlags.None, 0, [0, 4, .. Http2Peer.Int(100)]);
                await peer.DataAsync(stream, 6);
            },
            async tunnel => await tunnel.WriteAsync(new byte[20]).AsTask().WaitAsync(StreamExtensions.Patience),
            (Http2Setting.InitialWindowSize, 10));
        Assert.Equal((10, 4), (first.Length, second.Length));
    }

    [Fact]
    public async Task Write_BeyondTheConnectionsWindow_WaitsForMore()
    {
        int got = 0;
        await RunAsync(
            async (peer, stream) =>
            {
                got = (await peer.DataAsync(stream, 65_535)).Length;
                await peer.WindowAsync(0, 100_000);
                await peer.DataAsync(stream, 34_465);
            },
            async tunnel => await tunnel.WriteAsync(new byte[100_000]).AsTask().WaitAsync(StreamExtensions.Patience),
            (Http2Setting.InitialWindowSize, 1 << 20));
        Assert.Equal(65_535, got);
    }

    [Fact]
    public async Task Read_NobodyReadsOneStream_TheOthersGoOnAndItsWindowCloses()
    {
        const int Window = Http2Limits.StreamWindow;
        var over = new TaskCompletionSource();
        int updates = 0;
        using var proxy = Scripted(async peer =>
        {
            await peer.GreetAsync();
            int stalled = await peer.RequestAsync();
            await peer.AnswerAsync(stalled, 200);
            int live = await peer.RequestAsync();
            await peer.AnswerAsync(live, 200);
            for (int sent = 0; sent < Window; sent += 16_384)
            {
                await peer.SendAsync(Http2FrameType.Data, Http2FrameFlags.None, stalled, new byte[16_384]);
            }

            int allowance = Window;
            for (int sent = 0; sent < 20 * Window; sent += 16_384)
            {
                for (; allowance < 16_384; updates++)
                {
                    allowance += BinaryPrimitives.ReadInt32BigEndian(await peer.NextAsync(Http2FrameType.WindowUpdate, live));
                }

                await peer.SendAsync(Http2FrameType.Data, Http2FrameFlags.None, live, new byte[16_384]);
                allowance -= 16_384;
            }

            await over.Task;
            await peer.SendAsync(Http2FrameType.Data, Http2FrameFlags.None, stalled, 1);
            Assert.Equal(Http2Peer.Int((int)Http2ErrorCode.FlowControlError), await peer.NextAsync(Http2FrameType.RstStream, stalled));
        });
        Http2ConnectDialer dialer = Dialer(proxy);
        using IStreamConnection slow = await dialer.DialAsync(Destination);
        using IStreamConnection fast = await dialer.DialAsync(Destination);
        await fast.ReadExactlyAsync(20 * Window);
        Assert.True(updates > 3);
        over.SetResult();
        await proxy.FirstScript.WaitAsync(StreamExtensions.Patience);

        // What was sent by the rules is there, then the fault.
        await slow.ReadExactlyAsync(Window);
        Http2StreamException error = await Assert.ThrowsAsync<Http2StreamException>(() => slow.ReadAsync(new byte[1]).AsTask());
        Assert.Equal(Http2ErrorCode.FlowControlError, error.Code);
        Assert.Equal(1, proxy.Accepted);
    }

    [Theory]
    [InlineData(Http2ErrorCode.ConnectError)]
    [InlineData(Http2ErrorCode.Cancel)]
    public async Task Read_StreamIsReset_GivesWhatCameBeforeAndThenFails(Http2ErrorCode code)
    {
        await RunAsync(
            async (peer, stream) =>
            {
                await peer.SendAsync(Http2FrameType.Data, Http2FrameFlags.None, stream, 7);
                await peer.ResetAsync(stream, code);
            },
            async tunnel =>
            {
                Assert.Equal([7], await tunnel.ReadExactlyAsync(1));
                Http2StreamException error = await Assert.ThrowsAsync<Http2StreamException>(() => tunnel.ReadAsync(new byte[1]).AsTask());
                Assert.Equal(code, error.Code);
                await Assert.ThrowsAsync<Http2StreamException>(() => tunnel.WriteAsync(new byte[1]).AsTask());
                await Assert.ThrowsAsync<Http2StreamException>(() => tunnel.WriteAsync(ReadOnlyMemory<byte>.Empty).AsTask());
            });
    }

    [Fact]
    public async Task Read_ResetWithoutErrorAfterTheEnd_IsStillTheEnd()
    {
        await RunAsync(
            async (peer, stream) =>
            {
                await peer.SendAsync(Http2FrameType.Data, Http2FrameFlags.EndStream, stream, 7);
                await peer.ResetAsync(stream, Http2ErrorCode.NoError);
                await peer.SendAsync(Http2FrameType.Ping, Http2FrameFlags.None, 0, new byte[8]);
                await peer.NextAsync(Http2FrameType.Ping);
            },
            async tunnel =>
            {
                Assert.Equal([7], await tunnel.ReadToEndAsync());
                while (await Record.ExceptionAsync(() => tunnel.WriteAsync(ReadOnlyMemory<byte>.Empty).AsTask()) is null)
                {
                    await Task.Yield();
                }

                Assert.Equal(0, await tunnel.ReadAsync(new byte[1]));
            });
    }

    [Fact]
    public async Task Read_EmptyBuffer_WaitsForBytesWithoutTakingThem()
    {
        var go = new TaskCompletionSource();
        await RunAsync(
            async (peer, stream) =>
            {
                await go.Task;
                await peer.SendAsync(Http2FrameType.Data, Http2FrameFlags.None, stream, 7);
            },
            async tunnel =>
            {
                Task<int> wait = tunnel.ReadAsync(Memory<byte>.Empty).AsTask();
                Assert.False(wait.IsCompleted);
                go.SetResult();
                Assert.Equal(0, await wait.WaitAsync(StreamExtensions.Patience));
                Assert.Equal([7], await tunnel.ReadExactlyAsync(1));
            });
    }

    [Fact]
    public async Task Read_Cancelled_LeavesTheTunnelAlive()
    {
        var go = new TaskCompletionSource();
        await RunAsync(
            async (peer, stream) =>
            {
                await go.Task;
                await peer.SendAsync(Http2FrameType.Data, Http2FrameFlags.None, stream, 7);
            },
            async tunnel =>
            {
                using var cancellation = new CancellationTokenSource();
                Task<int> read = tunnel.ReadAsync(new byte[1], cancellation.Token).AsTask();
                await cancellation.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(StreamExtensions.Patience));
                go.SetResult();
                Assert.Equal([7], await tunnel.ReadExactlyAsync(1));
            });
    }

    [Fact]
    public async Task Read_Trailers_AreTheEnd()
    {
        await RunAsync(
            (peer, stream) => peer.SendAsync(Http2FrameType.Headers, Http2FrameFlags.EndHeaders | Http2FrameFlags.EndStream, stream, 0, 1, (byte)'a', 1, (byte)'b'),
            async tunnel => Assert.Empty(await tunnel.ReadToEndAsync()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Close_TunnelThatHasNotEnded_IsReset(bool abort)
    {
        List<Http2FrameType> seen = [];
        var closed = new TaskCompletionSource();
        await RunAsync(
            async (peer, stream) =>
            {
                await closed.Task;
                while (seen.LastOrDefault() != Http2FrameType.RstStream)
                {
                    (Http2FrameHeader header, byte[] payload) = await peer.ReadAsync();
                    if (header.StreamId == stream)
                    {
                        seen.Add(header.Type);
                        Assert.True(header.Type != Http2FrameType.RstStream || payload[3] == (byte)Http2ErrorCode.Cancel);
                    }
                }
            },
            async tunnel =>
            {
                Task<int> read = tunnel.ReadAsync(new byte[1]).AsTask();
                if (abort)
                {
                    tunnel.Abort();
                }

                tunnel.Dispose();
                closed.SetResult();
                await Assert.ThrowsAsync<Http2StreamException>(() => read);
                await Assert.ThrowsAsync<Http2StreamException>(() => tunnel.ReadAsync(new byte[1]).AsTask());
            });
        Assert.Equal(abort ? [Http2FrameType.RstStream] : [Http2FrameType.Data, Http2FrameType.RstStream], seen);
    }

    [Fact]
    public async Task ConnectionBreaks_EveryTunnelFails()
    {
        using var proxy = new ScriptedProxy(async connection =>
        {
            var peer = new Http2Peer(connection);
            await peer.GreetAsync();
            await peer.AnswerAsync(await peer.RequestAsync(), 200);
            await peer.AnswerAsync(await peer.RequestAsync(), 200);
            await peer.DataAsync(3, 1);
            connection.Reset();
        });
        Http2ConnectDialer dialer = Dialer(proxy);
        using IStreamConnection first = await dialer.DialAsync(Destination);
        using IStreamConnection second = await dialer.DialAsync(Destination);
        Task<int> read = first.ReadAsync(new byte[1]).AsTask();
        await second.WriteAsync(new byte[1]);
        await Assert.ThrowsAnyAsync<IOException>(() => read.WaitAsync(StreamExtensions.Patience));
        await Assert.ThrowsAnyAsync<IOException>(() => second.ReadAsync(new byte[1]).AsTask().WaitAsync(StreamExtensions.Patience));
    }

    [Fact]
    public async Task CloseRead_DropsWhatComesAndTheOtherHalfGoesOn()
    {
        byte[] heard = [];
        await RunAsync(
            async (peer, stream) =>
            {
                await peer.SendAsync(Http2FrameType.Data, Http2FrameFlags.None, stream, 1, 2, 3);
                heard = await peer.DataAsync(stream, 1);
            },
            async tunnel =>
            {
                tunnel.CloseRead();
                Assert.Equal(0, await tunnel.ReadAsync(new byte[8]));
                await tunnel.WriteAsync(new byte[] { 9 });
            });
        Assert.Equal([9], heard);
    }

    private static async Task RunAsync(
        Func<Http2Peer, int, Task> server, Func<IStreamConnection, Task> client, params (int Id, int Value)[] settings)
    {
        using var proxy = Scripted(async peer =>
        {
            await peer.GreetAsync(settings);
            int stream = await peer.RequestAsync();
            await peer.AnswerAsync(stream, 200);
            await server(peer, stream);
        });
        using IStreamConnection tunnel = await Dialer(proxy).DialAsync(Destination).AsTask().WaitAsync(StreamExtensions.Patience);
        await client(tunnel);
        await proxy.FirstScript.WaitAsync(StreamExtensions.Patience);
    }

    private static ScriptedProxy Scripted(Func<Http2Peer, Task> script) => new(connection => script(new Http2Peer(connection)));

    private static Http2ConnectDialer Dialer(ScriptedProxy proxy) =>
        new(new StreamDialerEndpoint(new TcpStreamDialer(), proxy.EndPoint.ToHostPort()));
}
