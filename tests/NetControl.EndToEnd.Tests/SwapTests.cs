using System.Collections.Concurrent;
using System.Net.Sockets;
using Grpc.Core;
using NetControl.Protocol.V1;
using NetControl.Testing.Daemon;
using NetControl.Testing.Origin;
using NetControl.Testing.Proxies;

namespace NetControl.EndToEnd.Tests;

/// <summary>The way out is changed under live traffic.</summary>
public sealed class SwapTests
{
    private const long DownloadBytes = 24 << 20;
    private const long Rate = 12 << 20;

    [Fact]
    [Trait("Category", "Smoke")]
    public async Task Swap_DuringADownload_KeepsItOnTheOldProxyAndSendsNewOnesToTheNew()
    {
        await using World world = World.Create();
        world.StartServers();
        Socks5Server a = world.StartSocks5();
        Socks5Server b = world.StartSocks5();
        await world.StartDaemonAsync(world.Configuration($"socks5://{a.EndPoint}", $"socks5://{b.EndPoint}"));
        await using SessionLedger ledger = await world.FollowAsync();
        Task<string> download = world.DownloadAsync(World.Web4, DownloadBytes, Rate);
        await WaitAsync(() => a.BytesDown > DownloadBytes / 4);

        SwapDelegateResponse swap = await SwapAsync(world, "proxies/b");
        Assert.Equal(2, swap.Generation);
        Assert.Equal(1, swap.SessionsKept);
        Assert.Equal(Payload.Sha256(1000), await world.DownloadAsync(World.Web4, 1000));
        Assert.Equal(Payload.Sha256(1000), await world.DownloadAsync(World.Web6, 1000));
        Assert.False(download.IsCompleted, "the download was over too early to show anything");

        Assert.Equal(Payload.Sha256(DownloadBytes), await download);
        await ledger.WaitUntilAsync(l => l.Closed.Count == 3);
        Assert.Equal(1, a.Connects);
        Assert.Equal(2, b.Connects);
        Assert.True(a.BytesDown > DownloadBytes && b.BytesDown < 10_000, $"a {a.BytesDown}, b {b.BytesDown}");
        (long, string)[] seen = ledger.Read(l => l.Closed.OrderBy(s => s.OpenTime).Select(s => (s.Generation, s.Proxy)).ToArray());
        Assert.Equal([(1, "proxies/a"), (2, "proxies/b"), (2, "proxies/b")], seen);
    }

    [Fact]
    public async Task Swap_UnderManyNewConnections_EveryOneAfterTheAnswerUsesTheNewProxy()
    {
        await using World world = World.Create();
        world.StartServers();
        Socks5Server a = world.StartSocks5();
        Socks5Server b = world.StartSocks5();
        await world.StartDaemonAsync(world.Configuration($"socks5://{a.EndPoint}", $"socks5://{b.EndPoint}"));
        await using SessionLedger ledger = await world.FollowAsync();
        ConcurrentDictionary<string, long> leastGeneration = new(StringComparer.Ordinal);
        long answered = 1;
        using CancellationTokenSource stop = new();
        Task[] workers = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                long least = Interlocked.Read(ref answered);
                using Socket socket = world.Tcp();
                await socket.ConnectAsync(World.Echo4);
                leastGeneration[socket.LocalEndPoint!.ToString()!] = least;
                await socket.EchoAsync();
            }
        }))];
        for (long generation = 2; generation <= 21; generation++)
        {
            int before = leastGeneration.Count;
            SwapDelegateResponse swap = await SwapAsync(world, generation % 2 == 0 ? "proxies/b" : "proxies/a");
            Assert.Equal(generation, swap.Generation);
            Interlocked.Exchange(ref answered, generation);
            await WaitAsync(() => leastGeneration.Count > before + 20);
        }

        await stop.CancelAsync();
        await Task.WhenAll(workers);
        await ledger.WaitUntilAsync(l => l.Live.Count == 0 && l.Opened >= leastGeneration.Count);
        foreach (Session session in ledger.Read(l => l.Closed.ToArray()))
        {
            Assert.True(session.Generation >= leastGeneration[session.Source], $"{session.Source} has generation {session.Generation}");
            Assert.Equal(session.Generation % 2 == 0 ? "proxies/b" : "proxies/a", session.Proxy);
        }

        Assert.Equal(leastGeneration.Count, a.Connects + b.Connects);
    }

    [Fact]
    public async Task Swap_WithClose_ResetsWhatLivesWithItsCause()
    {
        await using World world = World.Create();
        world.StartServers();
        await world.StartDaemonAsync(world.Configuration("", $"socks5://{world.StartSocks5().EndPoint}"));
        await using SessionLedger ledger = await world.FollowAsync();
        using Socket socket = world.Tcp();
        await socket.ConnectAsync(World.Echo4);
        await socket.EchoAsync();
        SwapDelegateResponse swap = await world.Api.Delegates.SwapDelegateAsync(
            new SwapDelegateRequest { Name = World.Delegate, Proxy = "proxies/b", Existing = ExistingSessions.Close });
        Assert.Equal(1, swap.SessionsClosed);
        SocketException reset = await Assert.ThrowsAsync<SocketException>(() => socket.ReceiveAsync(new byte[1], SocketFlags.None));
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        await ledger.WaitUntilAsync(l => l.Closed.Count == 1);
        Assert.Equal(SessionCause.DelegateSwapped, ledger.Read(l => l.Closed[0].Cause));
    }

    [Fact]
    public async Task Swap_ToAProxyThatDoesNotExist_IsNotFoundAndChangesNothing()
    {
        await using World world = await World.StartAsync();
        string before = world.KernelState();
        RpcException e = await Assert.ThrowsAsync<RpcException>(() => SwapAsync(world, "proxies/missing"));
        Assert.Equal(StatusCode.NotFound, e.StatusCode);
        Assert.Contains("proxies/missing", e.Status.Detail, StringComparison.Ordinal);
        Protocol.V1.Delegate after = (await world.Api.Delegates.GetDelegateAsync(new GetDelegateRequest { Name = World.Delegate })).Delegate;
        Assert.Equal(1, after.Generation);
        Assert.Equal("proxies/a", after.Proxy);
        await world.ExpectKernelStateAsync(before);
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
    }

    private static async Task<SwapDelegateResponse> SwapAsync(World world, string proxy) => await world.Api.Delegates.SwapDelegateAsync(
        new SwapDelegateRequest { Name = World.Delegate, Proxy = proxy, Existing = ExistingSessions.Keep });

    private static async Task WaitAsync(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }
}
