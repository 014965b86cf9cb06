using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using NetControl.Protocol.V1;
using NetControl.Testing.Daemon;
using NetControl.Testing.Proxies;

namespace NetControl.EndToEnd.Tests;

/// <summary>A proxy dies under traffic, and comes back.</summary>
public sealed class FailoverTests
{
    [Fact]
    public async Task AProxyThatDies_IsLeft_AndComeBackToAfterItHeldForAWhile()
    {
        await using World world = World.Create();
        world.StartServers();
        Socks5Server a = world.StartSocks5();
        Socks5Server b = world.StartSocks5();
        await world.StartDaemonAsync(Configuration(world, a.EndPoint, b.EndPoint));
        await using SessionLedger ledger = await world.FollowAsync();
        using AsyncServerStreamingCall<WatchResourcesResponse> watch = world.Api.Configuration.WatchResources(
            new WatchResourcesRequest { Collections = { "delegates" } });
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(90));

        // One session lives on the spare, as if somebody had once swapped there and back.
        await SwapAsync(world, "proxies/b");
        using Socket old = world.Tcp();
        await old.ConnectAsync(World.Echo4);
        await old.EchoAsync();
        await SwapAsync(world, "proxies/a");
        using Socket doomed = world.Tcp();
        await doomed.ConnectAsync(World.Echo4);
        await doomed.EchoAsync();

        a.Dispose();
        int refused = 0;
        while (!await TryEchoAsync(world))
        {
            refused++;
            limit.Token.ThrowIfCancellationRequested();
        }

        Assert.InRange(refused, 1, 1000);
        Protocol.V1.Delegate moved = await NextAsync(watch, d => d.Proxy == "proxies/b" && d.LastFailover is not null, limit.Token);
        Assert.Equal(("proxies/a", "proxies/b", Failover.Types.Reason.Failures), (moved.LastFailover.From, moved.LastFailover.To, moved.LastFailover.Reason));
        Assert.Contains("proxies/a: 3 attempts in a row failed", moved.LastFailover.Message, StringComparison.Ordinal);
        Assert.Equal(ProxyHealth.Types.State.Unhealthy, moved.Health[0].State);
        await old.EchoAsync();
        Assert.Equal(4, moved.Generation);

        using Socks5Server again = world.StartSocks5(a.EndPoint.Port);
        Protocol.V1.Delegate back = await NextAsync(watch, d => d.Proxy == "proxies/a", limit.Token);
        Assert.Equal(Failover.Types.Reason.Recovered, back.LastFailover.Reason);
        TimeSpan held = back.LastFailover.Time.ToDateTime() - moved.LastFailover.Time.ToDateTime();
        Assert.True(held >= TimeSpan.FromSeconds(3), $"it held for {held}");
        Assert.True(await TryEchoAsync(world));
        await old.EchoAsync();
        PrometheusText metrics = await world.Api.ReadMetricsAsync();
        Assert.Equal(1, metrics.Sum("netcontrol_delegate_failovers_total", ("reason", "failures")));
        Assert.Equal(1, metrics.Sum("netcontrol_delegate_failovers_total", ("reason", "recovered")));
        Assert.True(metrics.Sum("netcontrol_dial_duration_seconds_count", ("stage", "connect"), ("result", "refused")) >= 3);
    }

    private static string Configuration(World world, IPEndPoint a, IPEndPoint b) => world.Configuration($"socks5://{a}", $"socks5://{b}").Replace(
        "    proxy: proxies/a\n",
        """
            proxies: ["proxies/a", "proxies/b"]
            failover:
              mode: FIRST_HEALTHY
              holdDown: "3s"
              backOff: "1s"
              probe: {target: "198.18.0.7:7", interval: "1s"}

        """,
        StringComparison.Ordinal);

    private static async Task SwapAsync(World world, string proxy) => await world.Api.Delegates.SwapDelegateAsync(
        new SwapDelegateRequest { Name = World.Delegate, Proxy = proxy, Existing = ExistingSessions.Keep });

    private static async Task<bool> TryEchoAsync(World world)
    {
        using Socket socket = world.Tcp();
        try
        {
            await socket.ConnectAsync(World.Echo4, TestContext.Current.CancellationToken);
            await socket.EchoAsync();
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return false;
        }
    }

    private static async Task<Protocol.V1.Delegate> NextAsync(
        AsyncServerStreamingCall<WatchResourcesResponse> watch, Func<Protocol.V1.Delegate, bool> wanted, CancellationToken cancellationToken)
    {
        while (await watch.ResponseStream.MoveNext(cancellationToken))
        {
            if (watch.ResponseStream.Current.Changed?.Delegate is { } d && wanted(d))
            {
                return d;
            }
        }

        throw new InvalidOperationException("the stream ended");
    }
}
