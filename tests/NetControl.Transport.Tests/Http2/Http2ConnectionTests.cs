using NetControl.Network;
using NetControl.Testing;
using NetControl.Testing.Proxies;
using NetControl.Transport.Direct;
using NetControl.Transport.Http2;
using NetControl.Transport.HttpConnect;

namespace NetControl.Transport.Tests.Http2;

/// <summary>The connection as such: its rules, its floods, its health.</summary>
public sealed class Http2ConnectionTests
{
    private static readonly HostPort Destination = HostPort.Parse("example.org:443");

    [Theory]
    [InlineData(5, 4, 1, new byte[] { 0, 0, 0, 2, 0x88 }, Http2ErrorCode.ProtocolError)] // a push
    [InlineData(0, 0, 0, new byte[] { 1 }, Http2ErrorCode.ProtocolError)] // data for the connection
    [InlineData(0, 0, 2, new byte[] { 1 }, Http2ErrorCode.ProtocolError)] // a stream of the server's
    [InlineData(0, 0, 3, new byte[] { 1 }, Http2ErrorCode.ProtocolError)] // a stream that is idle
    [InlineData(0, 8, 1, new byte[] { 5, 1 }, Http2ErrorCode.ProtocolError)] // more padding than payload
    [InlineData(0, 8, 1, new byte[0], Http2ErrorCode.FrameSizeError)]
    [InlineData(1, 4, 1, new byte[] { 0x80 }, Http2ErrorCode.CompressionError)]
    [InlineData(1, 0x24, 1, new byte[] { 0x88 }, Http2ErrorCode.FrameSizeError)] // a priority that is cut short
    [InlineData(3, 0, 1, new byte[] { 0, 0, 0 }, Http2ErrorCode.FrameSizeError)]
    [InlineData(3, 0, 5, new byte[] { 0, 0, 0, 8 }, Http2ErrorCode.ProtocolError)]
    [InlineData(4, 0, 0, new byte[] { 0, 4, 0, 0, 0 }, Http2ErrorCode.FrameSizeError)]
    [InlineData(4, 0, 1, new byte[0], Http2ErrorCode.ProtocolError)]
    [InlineData(4, 1, 0, new byte[] { 0, 4, 0, 0, 0, 0 }, Http2ErrorCode.FrameSizeError)]
    [InlineData(4, 0, 0, new byte[] { 0, 2, 0, 0, 0, 1 }, Http2ErrorCode.ProtocolError)] // a setting of a client
    [InlineData(4, 0, 0, new byte[] { 0, 4, 0x80, 0, 0, 0 }, Http2ErrorCode.FlowControlError)]
    [InlineData(4, 0, 0, new byte[] { 0, 5, 0, 0, 0x10, 0 }, Http2ErrorCode.ProtocolError)]
    [InlineData(6, 0, 0, new byte[] { 1 }, Http2ErrorCode.FrameSizeError)]
    [InlineData(6, 0, 1, new byte[] { 1, 2, 3, 4, 5, 6, 7, 8 }, Http2ErrorCode.ProtocolError)]
    [InlineData(7, 0, 0, new byte[] { 1 }, Http2ErrorCode.FrameSizeError)]
    [InlineData(8, 0, 0, new byte[] { 0, 0, 0, 0 }, Http2ErrorCode.FlowControlError)]
    [InlineData(8, 0, 0, new byte[] { 0x7F, 0xFF, 0xFF, 0xFF }, Http2ErrorCode.FlowControlError)]
    [InlineData(8, 0, 1, new byte[] { 1 }, Http2ErrorCode.FrameSizeError)]
    [InlineData(9, 4, 1, new byte[] { 0x88 }, Http2ErrorCode.ProtocolError)] // a continuation of nothing
    public async Task Frame_AgainstTheRules_EndsTheConnectionWithItsCode(byte type, byte flags, int stream, byte[] payload, Http2ErrorCode code)
    {
        await EndAsync(peer => peer.SendAsync((Http2FrameType)type, (Http2FrameFlags)flags, stream, payload), code);
    }

    [Fact]
    public Task HeaderBlock_Interrupted_EndsTheConnection() => EndAsync(
        async peer =>
        {
            await peer.SendAsync(Http2FrameType.Headers, Http2FrameFlags.None, 1, 0x88);
            await peer.SendAsync(Http2FrameType.Ping, Http2FrameFlags.None, 0, new byte[8]);
        },
        Http2ErrorCode.ProtocolError);

    [Fact]
    public Task HeaderBlock_WithoutEnd_EndsTheConnection() => EndAsync(
        async peer =>
        {
            await peer.SendAsync(Http2FrameType.Headers, Http2FrameFlags.None, 1, new byte[16_000]);
            await peer.SendAsync(Http2FrameType.Continuation, Http2FrameFlags.None, 1, new byte[1_000]);
        },
        Http2ErrorCode.EnhanceYourCalm);

    [Fact]
    public Task HeaderBlock_InTooManyPieces_EndsTheConnection() => EndAsync(
        async peer =>
        {
            await peer.SendAsync(Http2FrameType.Headers, Http2FrameFlags.None, 1);
            for (int i = 0; i < 65; i++)
            {
                await peer.SendAsync(Http2FrameType.Continuation, Http2FrameFlags.None, 1);
            }
        },
        Http2ErrorCode.EnhanceYourCalm);

    [Theory]
    [InlineData(4, 0, 0)] // settings
    [InlineData(6, 0, 8)] // pings
    [InlineData(2, 1, 5)] // priorities
    [InlineData(0, 1, 0)] // empty data
    [InlineData(99, 1, 0)] // what nobody knows
    public Task Flood_OfFramesThatCarryNothing_EndsTheConnection(byte type, int stream, int length) => EndAsync(
        async peer =>
        {
            await peer.AnswerAsync(1, 200);
            byte[] payload = new byte[length];
            for (int i = 0; i < Http2Limits.IdleFrames + 10; i++)
            {
                await peer.SendAsync((Http2FrameType)type, Http2FrameFlags.None, stream, payload);
            }
        },
        null);

    [Theory]
    [InlineData(new byte[] { 0x88, 0x88 })] // two of them
    [InlineData(new byte[] { 0x0F, 0x0D, 1, (byte)'0', 0x88 })] // behind a field
    [InlineData(new byte[] { 0x82 })] // one of a request
    [InlineData(new byte[] { 0x08, 3, (byte)'2', (byte)'0', (byte)'x' })]
    [InlineData(new byte[] { 0x08, 3, (byte)'1', (byte)'0', (byte)'1', 0x00, 1, (byte)'A', 0 })]
    [InlineData(new byte[] { })]
    public async Task Response_Malformed_ResetsTheStreamOnly(byte[] block)
    {
        byte[] reset = [];
        using var proxy = Scripted(async peer =>
        {
            await peer.GreetAsync();
            await peer.RequestAsync();
            await peer.SendAsync(Http2FrameType.Headers, Http2FrameFlags.EndHeaders, 1, block);
            reset = await peer.NextAsync(Http2FrameType.RstStream, 1);
            await peer.AnswerAsync(await peer.RequestAsync(), 200);
        });
        Http2ConnectDialer dialer = Dialer(proxy);
        HttpConnectException error = await Assert.ThrowsAsync<HttpConnectException>(() => dialer.DialAsync(Destination).AsTask());
        Assert.Equal(DialFailure.ProxyProtocol, error.Failure);
        using IStreamConnection next = await dialer.DialAsync(Destination);
        await proxy.FirstScript.WaitAsync(StreamExtensions.Patience);
        Assert.Equal(Http2Peer.Int((int)Http2ErrorCode.ProtocolError), reset);
    }

    [Fact]
    public async Task Settings_FromUs_TurnPushOffAndBoundWhatComes()
    {
        byte[] settings = [];
        using var proxy = Scripted(async peer =>
        {
            settings = await peer.GreetAsync();
            await peer.AnswerAsync(await peer.RequestAsync(), 200);
            byte[] ping = [1, 2, 3, 4, 5, 6, 7, 8];
            await peer.SendAsync(Http2FrameType.Ping, Http2FrameFlags.None, 0, ping);
            Assert.Equal(ping, await peer.NextAsync(Http2FrameType.Ping));
        });
        using IStreamConnection tunnel = await Dialer(proxy).DialAsync(Destination);
        await proxy.FirstScript.WaitAsync(StreamExtensions.Patience);
        Assert.Equal([0, 2, 0, 0, 0, 0, 0, 4, 0, 4, 0, 0, 0, 6, 0, 0, 0x40, 0], settings);
    }

    [Fact]
    public async Task Health_NobodyUsesTheConnection_IsClosedWithAFarewell()
    {
        var time = new ManualTimeProvider();
        using var proxy = Scripted(async peer =>
        {
            await peer.GreetAsync();
            await peer.AnswerAsync(await peer.RequestAsync(), 200);
            await peer.NextAsync(Http2FrameType.RstStream);
            Assert.Equal(Http2ErrorCode.NoError, await peer.FarewellAsync());
        });
        Http2ConnectDialer dialer = Dialer(proxy, time);
        IStreamConnection tunnel = await dialer.DialAsync(Destination);
        time.Advance(TimeSpan.FromSeconds(10));
        tunnel.Dispose();
        Assert.False(proxy.FirstScript.IsCompleted);
        Assert.Equal(1, time.ArmedTimers);
        time.Advance(TimeSpan.FromMinutes(1.1));
        await proxy.FirstScript.WaitAsync(StreamExtensions.Patience);
        Assert.Equal(0, time.ArmedTimers);
    }

    [Fact]
    public async Task Health_SilentPeer_IsAskedAndThenGivenUp()
    {
        var time = new ManualTimeProvider();
        var asked = new TaskCompletionSource();
        using var proxy = Scripted(async peer =>
        {
            await peer.GreetAsync();
            await peer.AnswerAsync(await peer.RequestAsync(), 200);
            byte[] ping = await peer.NextAsync(Http2FrameType.Ping);
            await peer.SendAsync(Http2FrameType.Ping, Http2FrameFlags.Ack, 0, ping);
            await peer.SendAsync(Http2FrameType.Data, Http2FrameFlags.None, 1, 1);
            asked.SetResult();
            await peer.NextAsync(Http2FrameType.GoAway);
        });
        using IStreamConnection tunnel = await Dialer(proxy, time).DialAsync(Destination);
        time.Advance(TimeSpan.FromSeconds(21));
        Assert.Equal([1], await tunnel.ReadExactlyAsync(1));
        await asked.Task.WaitAsync(StreamExtensions.Patience);
        Task<int> read = tunnel.ReadAsync(new byte[1]).AsTask();
        time.Advance(TimeSpan.FromSeconds(20));
        Assert.False(read.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(20));
        IOException error = await Assert.ThrowsAnyAsync<IOException>(() => read.WaitAsync(StreamExtensions.Patience));
        Assert.Contains("does not answer", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Opening_TakesTooLong_NextDialTriesAnother()
    {
        var time = new ManualTimeProvider();
        var endpoint = new CountingEndpoint();
        var dialer = new Http2ConnectDialer(endpoint, null, time);
        _ = dialer.DialAsync(Destination).AsTask();
        _ = dialer.DialAsync(Destination).AsTask();
        Assert.Equal(1, endpoint.Asked);
        time.Advance(TimeSpan.FromSeconds(6));
        _ = dialer.DialAsync(Destination).AsTask();
        Assert.Equal(2, endpoint.Asked);
    }

    [Fact]
    public async Task Pool_EachLoop_HasItsOwnConnection()
    {
        using var proxy = Scripted(async peer =>
        {
            await peer.GreetAsync();
            while (true)
            {
                await peer.AnswerAsync(await peer.RequestAsync(), 200);
            }
        });
        object? loop = null;
        var dialer = new Http2ConnectDialer(
            new StreamDialerEndpoint(new TcpStreamDialer(), proxy.EndPoint.ToHostPort()), currentLoop: () => loop);
        foreach (object? current in (object?[])["a", "b", "a", null, "b"])
        {
            loop = current;
            await dialer.DialAsync(Destination).AsTask().WaitAsync(StreamExtensions.Patience);
        }

        Assert.Equal(3, proxy.Accepted);
    }

    /// <summary>Dials, has the peer do something wrong, and sees that the tunnel fails and the peer is told.</summary>
    private static async Task EndAsync(Func<Http2Peer, Task> wrong, Http2ErrorCode? code)
    {
        Http2ErrorCode? told = null;
        using var proxy = new ScriptedProxy(async connection =>
        {
            var peer = new Http2Peer(connection);
            await peer.GreetAsync();
            await peer.RequestAsync();
            try
            {
                await wrong(peer);
                told = await peer.FarewellAsync();
            }
            catch (Exception e) when (e is System.Net.Sockets.SocketException && code is null)
            {
                // While it floods, it may meet the reset before it has looked for the farewell.
            }
        });
        Exception? error = await Record.ExceptionAsync(async () =>
        {
            using IStreamConnection tunnel = await Dialer(proxy).DialAsync(Destination).AsTask().WaitAsync(StreamExtensions.Patience);
            await tunnel.ReadAsync(new byte[1]).AsTask().WaitAsync(StreamExtensions.Patience);
        });
        Assert.True(error is HttpConnectException { Failure: DialFailure.ProxyProtocol } or IOException, error?.ToString());
        await proxy.FirstScript.WaitAsync(StreamExtensions.Patience);
        Assert.True(code is null || told == code, $"told {told}");
        Assert.True(code is not null || error!.Message.Contains("floods", StringComparison.Ordinal), error!.Message);
    }

    private static ScriptedProxy Scripted(Func<Http2Peer, Task> script) => new(connection => script(new Http2Peer(connection)));

    private static Http2ConnectDialer Dialer(ScriptedProxy proxy, TimeProvider? time = null) =>
        new(new StreamDialerEndpoint(new TcpStreamDialer(), proxy.EndPoint.ToHostPort()), null, time);

    private sealed class CountingEndpoint : IStreamEndpoint
    {
        public int Asked { get; private set; }

        public async ValueTask<IStreamConnection> ConnectAsync(CancellationToken cancellationToken = default)
        {
            Asked++;
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            throw new InvalidOperationException("never");
        }
    }
}
