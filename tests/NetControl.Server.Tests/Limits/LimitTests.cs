using System.Net.Sockets;
using Google.Rpc;
using Grpc.Core;
using NetControl.Protocol.V1;
using NetControl.Server.Tests.Security;

namespace NetControl.Server.Tests.Limits;

/// <summary>What one caller may take, over real sockets.</summary>
public sealed class LimitTests
{
    private static readonly byte[] s_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    [Fact]
    public async Task LargeMessage_IsRefused()
    {
        await using SecureServer server = await StartAsync("maxMessageBytes: 2048");
        CreateProxyRequest request = new() { ProxyId = "new", Proxy = new Proxy { Config = new string('x', 4096) } };
        Assert.Equal(StatusCode.ResourceExhausted, (await SecureServer.OutcomeAsync(async () =>
            await new ProxyService.ProxyServiceClient(server.Connect()).CreateProxyAsync(request))).Code);
    }

    [Fact]
    public async Task TooManyCalls_AreToldWhenToComeAgain()
    {
        await using SecureServer server = await StartAsync("callsPerSecond: 1, callBurst: 3");
        InfoService.InfoServiceClient info = new(server.Connect());
        for (int i = 0; i < 3; i++)
        {
            await info.GetServerInfoAsync(new GetServerInfoRequest());
        }

        RichError error = await RichError.OfAsync(async () => await info.GetServerInfoAsync(new GetServerInfoRequest()));
        Assert.Equal((StatusCode.ResourceExhausted, "RATE_LIMIT"), (error.Code, error.Reason));
        Assert.InRange(RichError.Detail<RetryInfo>(error.Status)!.RetryDelay.ToTimeSpan(), TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task TooManyStreams_AreRefused_UntilOneEnds()
    {
        await using SecureServer server = await StartAsync("maxWatchersPerCaller: 2");
        SessionService.SessionServiceClient sessions = new(server.Connect());
        List<AsyncServerStreamingCall<StreamSessionEventsResponse>> streams = [];
        for (int i = 0; i < 2; i++)
        {
            streams.Add(sessions.StreamSessionEvents(new StreamSessionEventsRequest()));
            Assert.True(await streams[i].ResponseStream.MoveNext(CancellationToken.None));
        }

        Assert.Equal(2, server.Metrics().Sum("netcontrol_watchers"));
        using AsyncServerStreamingCall<StreamSessionEventsResponse> third = sessions.StreamSessionEvents(new StreamSessionEventsRequest());
        Assert.Equal((StatusCode.ResourceExhausted, "WATCHER_LIMIT"),
            await SecureServer.OutcomeAsync(() => third.ResponseStream.MoveNext(CancellationToken.None)));
        streams[0].Dispose();
        await WaitForAsync(() => server.Metrics().Sum("netcontrol_watchers") == 1);
        using AsyncServerStreamingCall<StreamSessionEventsResponse> fourth = sessions.StreamSessionEvents(new StreamSessionEventsRequest());
        Assert.True(await fourth.ResponseStream.MoveNext(CancellationToken.None));
        streams[1].Dispose();
    }

    [Fact]
    public async Task TenThousandStreams_OfOneCaller_LeaveTheOthersTheirCalls()
    {
        await using SecureServer server = await StartAsync("maxWatchersPerCaller: 50");
        using CancellationTokenSource end = new();
        SessionService.SessionServiceClient greedy = new(server.Connect());
        int refused = 0;
        Task[] streams = [.. Enumerable.Range(0, 10_000).Select(async _ =>
        {
            using AsyncServerStreamingCall<StreamSessionEventsResponse> stream =
                greedy.StreamSessionEvents(new StreamSessionEventsRequest(), cancellationToken: end.Token);
            try
            {
                while (await stream.ResponseStream.MoveNext(end.Token))
                {
                }
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
            {
                Interlocked.Increment(ref refused);
            }
            catch (RpcException)
            {
                // Cancelled at the end.
            }
        })];
        await WaitForAsync(() => Volatile.Read(ref refused) >= 9950);
        Assert.Equal(50, server.Metrics().Sum("netcontrol_watchers"));
        await new InfoService.InfoServiceClient(server.Connect()).GetServerInfoAsync(new GetServerInfoRequest(), deadline: DateTime.UtcNow.AddSeconds(5));
        await end.CancelAsync();
        await Task.WhenAll(streams);
    }

    [Fact]
    public async Task TooManyConnections_AreClosed()
    {
        await using SecureServer server = await StartAsync("maxConnections: 2");
        using TcpClient a = await OpenAsync(server);
        using TcpClient b = await OpenAsync(server);
        await a.GetStream().ReadExactlyAsync(new byte[9]);
        await b.GetStream().ReadExactlyAsync(new byte[9]);
        using TcpClient c = await OpenAsync(server);
        Assert.Equal(0, await ReadToEndAsync(c));
    }

    [Fact]
    public async Task ConnectionThatSaysNothing_OrHalfAWord_IsClosed()
    {
        await using SecureServer server = await StartAsync("idleTimeout: 1s, handshakeTimeout: 1s");
        using TcpClient silent = await OpenAsync(server, 0);
        using TcpClient half = await OpenAsync(server, 10);
        using TcpClient whole = await OpenAsync(server);
        await Task.WhenAll(ReadToEndAsync(silent), ReadToEndAsync(half), ReadToEndAsync(whole)).WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task HeadersThatNeverEnd_CloseTheConnection()
    {
        await using SecureServer server = await StartAsync("handshakeTimeout: 1s");
        using TcpClient client = await OpenAsync(server);

        // SETTINGS, then HEADERS of stream 1 without END_HEADERS, one byte of a literal, and no CONTINUATION.
        await client.GetStream().WriteAsync((byte[])[0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0x40]);
        await ReadToEndAsync(client).WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task UnaryCall_WithoutADeadline_GetsTheServers()
    {
        await using SecureServer server = await StartAsync("unaryTimeout: 1s");
        TaskCompletionSource never = new();
        server.Test.Engine.ListGate = never.Task;
        (StatusCode Code, string Reason) outcome = await SecureServer.OutcomeAsync(async () =>
            await new SessionService.SessionServiceClient(server.Connect()).ListSessionsAsync(new ListSessionsRequest())).WaitAsync(TimeSpan.FromSeconds(30));
        never.SetResult();
        Assert.Equal((StatusCode.DeadlineExceeded, "SERVER_DEADLINE"), outcome);
    }

    [Fact]
    public async Task HttpPaths_AreNotServedWhereGrpcIs_AndGrpcNotWhereTheyAre()
    {
        await using SecureServer server = await SecureServer.StartAsync("""
            listen:
              grpc: ["http://127.0.0.1:0"]
              http: "http://127.0.0.1:0"
            """);
        using HttpClient http = new() { DefaultRequestVersion = new Version(2, 0), DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using HttpResponseMessage metrics = await http.GetAsync(new Uri($"{server.Urls[0]}/metrics"));
        Assert.Equal(System.Net.HttpStatusCode.UnsupportedMediaType, metrics.StatusCode);
        using HttpClient plain = new();
        using StringContent call = new("", new System.Net.Http.Headers.MediaTypeHeaderValue("application/grpc"));
        using HttpResponseMessage grpc = await plain.PostAsync(new Uri($"{server.HttpUrl}/netcontrol.v1.InfoService/GetServerInfo"), call);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, grpc.StatusCode);
        Assert.Contains("grpc_server_handled_total", await plain.GetStringAsync(new Uri($"{server.HttpUrl}/metrics")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_AreCountedByCode_AndUnknownMethodsHaveOneLabel()
    {
        await using SecureServer server = await StartAsync("maxMessageBytes: 2048");
        await new InfoService.InfoServiceClient(server.Connect()).GetServerInfoAsync(new GetServerInfoRequest());
        await SecureServer.OutcomeAsync(async () =>
            await new ProxyService.ProxyServiceClient(server.Connect()).GetProxyAsync(new GetProxyRequest { Name = "proxies/none" }));
        Marshaller<byte[]> raw = new(bytes => bytes, bytes => bytes);
        Method<byte[], byte[]> unknown = new(MethodType.Unary, "a.b.C", "D", raw, raw);
        Assert.Equal(StatusCode.Unimplemented, (await SecureServer.OutcomeAsync(async () =>
            await server.Connect().CreateCallInvoker().AsyncUnaryCall(unknown, null, default, []))).Code);
        var metrics = server.Metrics();
        Assert.Equal(1, metrics.Sum("grpc_server_handled_total", ("grpc_type", "unary"), ("grpc_service", "netcontrol.v1.InfoService"),
            ("grpc_method", "GetServerInfo"), ("grpc_code", "OK")));
        Assert.Equal(1, metrics.Sum("grpc_server_handled_total", ("grpc_method", "GetProxy"), ("grpc_code", "NotFound")));
        Assert.Equal(1, metrics.Sum("grpc_server_handled_total", ("grpc_method", "unknown"), ("grpc_code", "Unimplemented")));
        Assert.Equal(1, metrics.Sum("grpc_server_started_total", ("grpc_method", "GetProxy")));
        Assert.Equal(1, metrics.Sum("grpc_server_handling_seconds_count", ("grpc_method", "GetProxy")));
    }

    [Theory]
    [InlineData(true, StatusCode.OK)]
    [InlineData(false, StatusCode.Unimplemented)]
    public async Task Reflection_IsServedUnlessSwitchedOff(bool on, StatusCode code)
    {
        await using SecureServer server = await SecureServer.StartAsync($$"""
            listen:
              grpc: ["http://127.0.0.1:0"]
              http: off
              reflection: {{(on ? "true" : "false")}}
            """);
        Marshaller<byte[]> raw = new(bytes => bytes, bytes => bytes);
        Method<byte[], byte[]> reflect = new(MethodType.DuplexStreaming, "grpc.reflection.v1alpha.ServerReflection", "ServerReflectionInfo", raw, raw);
        using AsyncDuplexStreamingCall<byte[], byte[]> call = server.Connect().CreateCallInvoker().AsyncDuplexStreamingCall(reflect, null, default);
        Assert.Equal(code, (await SecureServer.OutcomeAsync(async () =>
        {
            try
            {
                await call.RequestStream.WriteAsync([0x3A, 0]); // list_services: ""
            }
            catch (RpcException) when (!on)
            {
                // The call may have ended before the write; the read says how.
            }

            await call.ResponseStream.MoveNext(CancellationToken.None);
        })).Code);
    }

    private static async Task WaitForAsync(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }

    private static async Task<TcpClient> OpenAsync(SecureServer server, int prefaceBytes = 24)
    {
        Uri url = new(server.Urls[0]);
        TcpClient client = new();
        await client.ConnectAsync(url.Host, url.Port);
        await client.GetStream().WriteAsync(s_preface.AsMemory(0, prefaceBytes));
        return client;
    }

    // How much comes until the other side closes; a reset is as good as an end.
    private static async Task<long> ReadToEndAsync(TcpClient client)
    {
        byte[] buffer = new byte[4096];
        long total = 0;
        try
        {
            while (await client.GetStream().ReadAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(30)) is > 0 and int count)
            {
                total += count;
            }
        }
        catch (IOException)
        {
        }

        return total;
    }

    private static Task<SecureServer> StartAsync(string limits) => SecureServer.StartAsync($$"""
        listen:
          grpc: ["http://127.0.0.1:0"]
          http: off
          limits: { {{limits}} }
        """);
}
