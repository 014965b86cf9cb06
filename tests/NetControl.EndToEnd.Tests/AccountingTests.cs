using System.Net;
using System.Net.Sockets;
using NetControl.Protocol.V1;
using NetControl.Testing;
using NetControl.Testing.Daemon;

namespace NetControl.EndToEnd.Tests;

/// <summary>The books: events, lists and metrics tell the same story, to the byte.</summary>
public sealed class AccountingTests
{
    private const int Connections = 10_000;
    private const int UdpSessions = 1_000;
    private const int Kept = 100;

    [Fact]
    public async Task ManySessions_OpenedMinusClosedAndBytes_EqualTheMetricsExactly()
    {
        await using World world = await World.StartAsync();
        await using SessionLedger ledger = await world.FollowAsync();
        int left = Connections;
        await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                using Socket socket = world.Tcp();
                await socket.ConnectAsync(World.Echo4);
                await socket.EchoAsync(100);
                socket.Shutdown(SocketShutdown.Send);
                Assert.Equal(0, await socket.ReceiveAsync(new byte[1], SocketFlags.None));
            }
        })));
        Socket[] kept = world.Sockets(Kept, SocketType.Stream, AddressFamily.InterNetworkV6);
        Socket[] datagrams = world.Sockets(UdpSessions, SocketType.Dgram, AddressFamily.InterNetwork);
        await Task.WhenAll(kept.Select(async socket =>
        {
            await socket.ConnectAsync(World.Echo6);
            await socket.EchoAsync(1000);
        }));
        foreach (Socket[] some in datagrams.Chunk(50))
        {
            await Task.WhenAll(some.Select(async socket =>
            {
                await socket.ConnectAsync(World.Echo4);
                await socket.EchoAsync(200);
            }));
        }

        await ledger.WaitUntilAsync(l => l.Closed.Count == Connections && l.Opened == Connections + Kept + UdpSessions);
        await AssertBooksAsync(world, ledger);
        Assert.Equal((Connections * 100L) + (Kept * 1000) + (UdpSessions * 200), (await world.Api.ReadMetricsAsync())
            .Sum("netcontrol_session_bytes_total", ("direction", "sent")));
        foreach (Socket socket in kept.Concat(datagrams))
        {
            socket.Dispose();
        }

        await ledger.WaitUntilAsync(l => l.Closed.Count == Connections + Kept);
        await AssertBooksAsync(world, ledger);
    }

    [Fact]
    public async Task FilledTransfers_CutOffInTheMiddle_StillAddUp()
    {
        await using World world = await World.StartAsync("socks5");
        await using SessionLedger ledger = await world.FollowAsync();
        const int Count = 40;
        for (int i = 0; i < Count; i++)
        {
            using Socket socket = world.Tcp();
            await socket.ConnectAsync(System.Net.IPAddress.Parse(World.Web4), 80);
            await socket.SendAsync("GET /bytes/100000000 HTTP/1.1\r\n\r\n"u8.ToArray());
            Assert.True(await socket.ReceiveAsync(new byte[100_000]) > 0);
            socket.LingerState = new LingerOption(enable: i % 2 == 0, seconds: 0);
        }

        await ledger.WaitUntilAsync(l => l.Closed.Count == Count);
        await AssertBooksAsync(world, ledger);
    }

    [Fact]
    [Trait("Category", "Smoke")]
    public async Task Metrics_OfALiveServer_PassPromtool()
    {
        Tools.Require("promtool");
        await using World world = await World.StartAsync();
        world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/");
        string file = Path.Combine(world.Folder, "metrics.txt");
        await File.WriteAllTextAsync(file, await world.Api.ReadAsync("/metrics"));
        CommandResult lint = NetNamespace.RunCommand("sh", "-c", $"promtool check metrics < {file}");
        Assert.True(lint.ExitCode == 0 && lint.Output.Length == 0 && lint.Error.Length == 0, lint.Error + lint.Output);
        Assert.Equal("ok", (await world.Api.ReadAsync("/healthz")).Trim());
        Assert.StartsWith("ok", await world.Api.ReadAsync("/readyz"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_AreScrapedByARealPrometheus()
    {
        await using World world = await World.StartAsync();
        world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/");
        string file = Path.Combine(world.Folder, "prometheus.yml");
        await File.WriteAllTextAsync(file, """
            global: {scrape_interval: 200ms, scrape_timeout: 200ms}
            scrape_configs:
              - job_name: netcontrol
                static_configs: [{targets: ["127.0.0.1:9464"]}]

            """);
        world.Run(world.Client, "prometheus", $"--config.file={file}", $"--storage.tsdb.path={Path.Combine(world.Folder, "tsdb")}",
            "--web.listen-address=127.0.0.1:9090", "--log.level=error");
        await World.WaitForPortAsync(world.Client, new IPEndPoint(IPAddress.Loopback, 9090));
        string answer = "";
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        while (!answer.Contains("\"1\"]", StringComparison.Ordinal))
        {
            Assert.False(limit.IsCancellationRequested, $"Prometheus has not seen the session: {answer}");
            await Task.Delay(100, CancellationToken.None);
            answer = world.Execute("curl", "-sS", "-m", "20",
                "http://127.0.0.1:9090/api/v1/query?query=sum(netcontrol_sessions_opened_total)%20*%20on()%20sum(up)");
        }
    }

    private static async Task AssertBooksAsync(World world, SessionLedger ledger)
    {
        // Nothing moves any more: what the three tell is about the same moment.
        IReadOnlyList<Session> live = await world.Api.ListSessionsAsync();
        PrometheusText metrics = await world.Api.ReadMetricsAsync();
        (string? fault, long lost, long opened, long closed) = ledger.Read(l => (l.Fault, l.Lost, l.Opened, (long)l.Closed.Count));
        Assert.Null(fault);
        Assert.Equal(0, lost);
        Assert.Equal(live.Count, opened - closed);
        Assert.Equal(live.Select(s => s.Name).Order(StringComparer.Ordinal), ledger.Read(l => l.Live.Keys.Order(StringComparer.Ordinal).ToArray()), StringComparer.Ordinal);
        Assert.Equal(opened, metrics.Sum("netcontrol_sessions_opened_total"));
        Assert.Equal(closed, metrics.Sum("netcontrol_sessions_closed_total"));
        Assert.Equal(live.Count, metrics.Sum("netcontrol_sessions_active"));
        Assert.Equal(
            ledger.Read(l => l.Closed.Sum(s => s.BytesSent)) + live.Sum(s => s.BytesSent),
            metrics.Sum("netcontrol_session_bytes_total", ("direction", "sent")));
        Assert.Equal(
            ledger.Read(l => l.Closed.Sum(s => s.BytesReceived)) + live.Sum(s => s.BytesReceived),
            metrics.Sum("netcontrol_session_bytes_total", ("direction", "received")));
    }
}
