using System.Text;
using NetControl.Network;
using NetControl.Testing.Proxies;
using NetControl.Transport.Direct;
using NetControl.Transport.Http;
using NetControl.Transport.Http2;
using NetControl.Transport.HttpConnect;

namespace NetControl.Transport.Tests.Http2;

public sealed class Http2ConnectDialerTests
{
    private static readonly HostPort Destination = HostPort.Parse("example.org:443");

    [Fact]
    public void Constructor_NullEndpoint_IsRefused() => Assert.Throws<ArgumentNullException>(() => new Http2ConnectDialer(null!));

    [Fact]
    public async Task Dial_Request_SaysMethodAuthorityAndFieldsOnly()
    {
        List<string> request = [];
        using var proxy = Scripted(async peer =>
        {
            await peer.GreetAsync();
            int stream = await peer.RequestAsync();
            request = [.. peer.Request];
            await peer.AnswerAsync(stream, 200);
            await peer.NextAsync(Http2FrameType.RstStream);
        });
        var options = new HttpConnectOptions { Authorization = ProxyAuthorization.Raw("Bearer x"), Fields = [new HttpField("X-Tenant", "blue")] };
        using (await Dialer(proxy, options).DialAsync(Destination))
        {
            Assert.Equal([":method: CONNECT", ":authority: example.org:443", "proxy-authorization: Bearer x", "x-tenant: blue"], request);
        }

        await proxy.FirstScript.WaitAsync(StreamExtensions.Patience);
    }

    [Fact]
    public async Task Tunnel_Data_PassesBothWaysAndEachHalfClosesOnItsOwn()
    {
        byte[] request = new byte[300_000];
        Random.Shared.NextBytes(request);
        byte[] heard = [];
        using var proxy = Scripted(async peer =>
        {
            await peer.GreetAsync((Http2Setting.InitialWindowSize, 1 << 20));
            await peer.WindowAsync(0, 1 << 20);
            int stream = await peer.RequestAsync();
            await peer.AnswerAsync(stream, 103);
            await peer.AnswerAsync(stream, 200);
            heard = await peer.DataAsync(stream, request.Length);
            Assert.Equal((Http2FrameType.Data, Http2FrameFlags.EndStream), await EndAsync(peer));
            await peer.SendAsync(Http2FrameType.Data, Http2FrameFlags.Padded, stream, [2, .. "resp"u8, 0, 0]);
            await peer.SendAsync(Http2FrameType.Data, Http2FrameFlags.EndStream, stream, "onse"u8.ToArray());
        });
        using IStreamConnection tunnel = await Dialer(proxy).DialAsync(Destination);
        await tunnel.WriteAsync(request);
        await tunnel.CloseWriteAsync();
        await tunnel.CloseWriteAsync();
        Assert.Equal("response"u8.ToArray(), await tunnel.ReadToEndAsync());
        Assert.Equal(0, await tunnel.ReadAsync(new byte[1]));
        await proxy.FirstScript.WaitAsync(StreamExtensions.Patience);
        Assert.Equal(request, heard);

        static async Task<(Http2FrameType, Http2FrameFlags)> EndAsync(Http2Peer peer)
        {
            while (true)
            {
                (Http2FrameHeader header, byte[] _) = await peer.ReadAsync();
                if (header.Has(Http2FrameFlags.EndStream) && header.Type == Http2FrameType.Data)
                {
                    return (header.Type, header.Flags);
                }
            }
        }
    }

    [Fact]
    public async Task Dial_ThreeAtOnce_ShareOneConnection()
    {
        using var proxy = Scripted(async peer =>
        {
            await peer.GreetAsync();
            for (int i = 0; i < 3; i++)
            {
                Assert.Equal((2 * i) + 1, await peer.RequestAsync());
            }

            foreach (int stream in (int[])[5, 1, 3])
            {
                await peer.AnswerAsync(stream, 200);
                await peer.SendAsync(Http2FrameType.Data, Http2FrameFlags.EndStream, stream, (byte)stream);
            }

            await peer.NextAsync(Http2FrameType.GoAway);
        });
        Http2ConnectDialer dialer = Dialer(proxy);
        Task<IStreamConnection>[] dials = [.. Enumerable.Range(0, 3).Select(_ => dialer.DialAsync(Destination).AsTask())];
        for (int i = 0; i < 3; i++)
        {
            using IStreamConnection tunnel = await dials[i].WaitAsync(StreamExtensions.Patience);
            Assert.Equal([(byte)((2 * i) + 1)], await tunnel.ReadToEndAsync());
        }

        Assert.Equal(1, proxy.Accepted);
    }

    [Theory]
    [InlineData(403, DialFailure.NotAllowed, "answered 403")]
    [InlineData(407, DialFailure.ProxyProtocol, "wants an authorization (407 scheme Basic)")]
    [InlineData(502, DialFailure.HostUnreachable, "answered 502")]
    [InlineData(503, DialFailure.HostUnreachable, "answered 503")]
    [InlineData(504, DialFailure.TimedOut, "answered 504")]
    public async Task Dial_Refused_CarriesTheStatusAndLeavesTheConnection(int status, DialFailure failure, string text)
    {
        using var proxy = Scripted(async peer =>
        {
            await peer.GreetAsync();
            await peer.AnswerAsync(await peer.RequestAsync(), status, Http2FrameFlags.None, ("proxy-authenticate", "Basic realm=x"));
            await peer.AnswerAsync(await peer.RequestAsync(), 200);
            await peer.NextAsync(Http2FrameType.GoAway);
        });
        Http2ConnectDialer dialer = Dialer(proxy);
        HttpConnectException error = await FailAsync(dialer);
        Assert.Equal((failure, status), (error.Failure, error.StatusCode));
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
        using IStreamConnection second = await dialer.DialAsync(Destination);
        Assert.Equal(1, proxy.Accepted);
    }

    [Theory]
    [InlineData(Http2ErrorCode.ConnectError, DialFailure.HostUnreachable, 1)]
    [InlineData(Http2ErrorCode.RefusedStream, DialFailure.Other, 3)]
    [InlineData(Http2ErrorCode.EnhanceYourCalm, DialFailure.Other, 1)]
    [InlineData(Http2ErrorCode.ProtocolError, DialFailure.ProxyProtocol, 1)]
    public async Task Dial_Reset_IsToldByItsCodeAndARefusedStreamIsTriedAgain(Http2ErrorCode code, DialFailure failure, int requests)
    {
        int seen = 0;
        using var proxy = Scripted(async peer =>
        {
            await peer.GreetAsync();
            while (true)
            {
                int stream = await peer.RequestAsync();
                seen++;
                await peer.ResetAsync(stream, code);
            }
        });
        Assert.Equal(failure, (await FailAsync(Dialer(proxy))).Failure);
        Assert.Equal(requests, seen);
    }

    [Fact]
    public async Task Dial_AfterGoAway_MakesANewConnectionWhileTheOldStreamsFinish()
    {
        int connections = 0;
        var bye = new TaskCompletionSource();
        using var proxy = Scripted(async peer =>
        {
            int number = Interlocked.Increment(ref connections);
            await peer.GreetAsync();
            int stream = await peer.RequestAsync();
            await peer.AnswerAsync(stream, 200);
            if (number == 1)
            {
                await peer.GoAwayAsync(stream);
                await peer.SendAsync(Http2FrameType.Data, Http2FrameFlags.None, stream, 1);
                await bye.Task;
                await peer.SendAsync(Http2FrameType.Data, Http2FrameFlags.EndStream, stream, 2);
            }

            await peer.NextAsync(Http2FrameType.GoAway);
        });
        Http2ConnectDialer dialer = Dialer(proxy);
        IStreamConnection first = await dialer.DialAsync(Destination);
        Assert.Equal([1], await first.ReadExactlyAsync(1));
        using IStreamConnection second = await dialer.DialAsync(Destination);
        Assert.Equal(2, proxy.Accepted);
        bye.SetResult();
        Assert.Equal([2], await first.ReadToEndAsync());
        first.Dispose();
        await proxy.FirstScript.WaitAsync(StreamExtensions.Patience);
    }

    [Fact]
    public async Task Dial_GoAwayBeforeTheRequestWasLookedAt_IsTriedOnANewConnection()
    {
        int connections = 0;
        using var proxy = Scripted(async peer =>
        {
            bool first = Interlocked.Increment(ref connections) == 1;
            await peer.GreetAsync();
            int stream = await peer.RequestAsync();
            if (first)
            {
                await peer.GoAwayAsync(0);
                return;
            }

            await peer.AnswerAsync(stream, 200);
            await peer.NextAsync(Http2FrameType.GoAway);
        });
        using IStreamConnection tunnel = await Dialer(proxy).DialAsync(Destination);
        Assert.Equal(2, proxy.Accepted);
    }

    [Fact]
    public async Task Dial_MoreThanThePeerTakes_OpensFurtherConnections()
    {
        using var proxy = Scripted(async peer =>
        {
            await peer.GreetAsync((Http2Setting.MaxConcurrentStreams, 2));
            while (true)
            {
                await peer.AnswerAsync(await peer.RequestAsync(), 200);
            }
        });
        Http2ConnectDialer dialer = Dialer(proxy);
        List<IStreamConnection> tunnels = [];
        for (int i = 0; i < 5; i++)
        {
            tunnels.Add(await dialer.DialAsync(Destination).AsTask().WaitAsync(StreamExtensions.Patience));
        }

        Assert.Equal(3, proxy.Accepted);
        tunnels[0].Dispose();
        tunnels.Add(await dialer.DialAsync(Destination).AsTask().WaitAsync(StreamExtensions.Patience));
        Assert.Equal(3, proxy.Accepted);
        tunnels.ForEach(tunnel => tunnel.Dispose());
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("\0\0\0\u0004\u0001\0\0\0\0")]
    public async Task Dial_WhatIsNoHttp2_IsAProtocolFailure(string said)
    {
        using var proxy = new ScriptedProxy(async connection =>
        {
            await connection.ReadOnceAsync();
            await connection.WriteAsync(Encoding.Latin1.GetBytes(said));
            await connection.WaitForEndAsync();
        });
        HttpConnectException error = await FailAsync(Dialer(proxy));
        Assert.Equal(DialFailure.ProxyProtocol, error.Failure);
        Assert.Contains("no HTTP/2", error.Message, StringComparison.Ordinal);
        await proxy.FirstScript.WaitAsync(StreamExtensions.Patience);
    }

    [Fact]
    public async Task Dial_ProxyCloses_IsUnreachable()
    {
        using var proxy = Scripted(async peer => await peer.GreetAsync());
        Assert.Equal(DialFailure.ProxyUnreachable, (await FailAsync(Dialer(proxy))).Failure);
    }

    [Fact]
    public async Task Dial_ProxyNeverAnswers_EndsWithItsTokenAndResetsTheStreamOnly()
    {
        byte[] reset = [];
        var asked = new TaskCompletionSource();
        using var proxy = Scripted(async peer =>
        {
            await peer.GreetAsync();
            int stream = await peer.RequestAsync();
            asked.SetResult();
            reset = await peer.NextAsync(Http2FrameType.RstStream, stream);
        });
        using var cancellation = new CancellationTokenSource();
        Task<IStreamConnection> dial = Dialer(proxy).DialAsync(Destination, cancellation.Token).AsTask();
        await asked.Task.WaitAsync(StreamExtensions.Patience);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dial);
        await proxy.FirstScript.WaitAsync(StreamExtensions.Patience);
        Assert.Equal(Http2Peer.Int((int)Http2ErrorCode.Cancel), reset);
    }

    [Fact]
    public async Task Dial_GivenUpBeforeTheProxyIsReached_GivesThatUpToo()
    {
        var endpoint = new HangingEndpoint();
        using var cancellation = new CancellationTokenSource();
        Task<IStreamConnection> dial = new Http2ConnectDialer(endpoint).DialAsync(Destination, cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dial);
        await endpoint.GivenUp.Task.WaitAsync(StreamExtensions.Patience);
    }

    [Fact]
    public async Task Dial_ProxyUnreachable_NamesTheProxyAndTheNextDialTriesAnew()
    {
        var cause = new DialException(DialFailure.Refused, "nobody there");
        var dialer = new Http2ConnectDialer(new Socks5.FixedEndpoint(null, cause));
        for (int i = 0; i < 2; i++)
        {
            HttpConnectException error = await FailAsync(dialer);
            Assert.Equal(DialFailure.ProxyUnreachable, error.Failure);
            Assert.Same(cause, error.InnerException);
        }
    }

    private static ScriptedProxy Scripted(Func<Http2Peer, Task> script) => new(connection => script(new Http2Peer(connection)));

    private static Http2ConnectDialer Dialer(ScriptedProxy proxy, HttpConnectOptions? options = null) =>
        new(new StreamDialerEndpoint(new TcpStreamDialer(), proxy.EndPoint.ToHostPort()), options);

    private static Task<HttpConnectException> FailAsync(Http2ConnectDialer dialer) =>
        Assert.ThrowsAsync<HttpConnectException>(() => dialer.DialAsync(Destination).AsTask().WaitAsync(StreamExtensions.Patience));

    private sealed class HangingEndpoint : IStreamEndpoint
    {
        public TaskCompletionSource GivenUp { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask<IStreamConnection> ConnectAsync(CancellationToken cancellationToken = default)
        {
            var never = new TaskCompletionSource<IStreamConnection>();
            using CancellationTokenRegistration registration = cancellationToken.Register(() =>
            {
                GivenUp.SetResult();
                never.SetCanceled(cancellationToken);
            });
            return await never.Task;
        }
    }
}
