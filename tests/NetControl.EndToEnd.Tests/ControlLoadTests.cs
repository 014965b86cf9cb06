using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using NetControl.Protocol.V1;
using NetControl.Testing;
using NetControl.Testing.Daemon;
using NetControl.Testing.Proxies;

namespace NetControl.EndToEnd.Tests;

/// <summary>The control plane while much passes: what it promises holds, and how fast it is.</summary>
/// <remarks>Small by default; <c>NETCONTROL_LOAD=full</c> is what the figures are taken with (<c>harness/control.sh</c> prints them).</remarks>
public sealed class ControlLoadTests
{
    private static readonly bool s_full = Environment.GetEnvironmentVariable("NETCONTROL_LOAD") == "full";
    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(s_full ? 20 : 4);
    private static readonly IPEndPoint s_http = new(IPAddress.Loopback, 9464);

    [Fact]
    public async Task ManyDelegates_SwappedInALoop_UnderManyConnections_LoseNoneAndMistakeNone()
    {
        int delegates = s_full ? 1000 : 100;
        int rate = s_full ? 2000 : 300;
        await using World world = World.Create();
        world.StartServers();
        using EchoServer echo = world.Server.Run(() => new EchoServer(IPAddress.Any, 7777));
        await world.StartDaemonAsync(world.Configuration("", ""), "--state", Path.Combine(world.Folder, "state.db"));
        await MakeDelegatesAsync(world, delegates);
        await using SessionLedger ledger = await world.FollowAsync();
        long[] asked = [.. Enumerable.Repeat(1L, delegates)];
        long[] answered = [.. asked];
        ConcurrentDictionary<string, (int Delegate, long Least, long Most)> births = new(StringComparer.Ordinal);
        using CancellationTokenSource stop = new();
        Task<TimeSpan[]> swaps = Task.Run(() => SwapAsync(world, asked, answered, stop.Token));
        Stopwatch clock = Stopwatch.StartNew();
        await AtRateAsync(rate, s_duration, async number =>
        {
            int target = Random.Shared.Next(delegates);
            long least = Interlocked.Read(ref answered[target]);
            using Socket socket = world.Tcp();
            await socket.ConnectAsync(new IPEndPoint(Destination(target), 7777));
            await socket.EchoAsync();
            string source = socket.LocalEndPoint!.ToString()!;
            Assert.True(births.TryAdd($"{source} {target}", (target, least, Interlocked.Read(ref asked[target]))), "a source came again");
        });
        double seconds = clock.Elapsed.TotalSeconds;
        await stop.CancelAsync();
        TimeSpan[] latencies = await swaps;
        await ledger.WaitUntilAsync(l => l.Live.Count == 0 && l.Closed.Count >= births.Count);
        Session[] closed = ledger.Read(l => l.Closed.ToArray());
        Assert.Equal((births.Count, 0L), (closed.Length, ledger.Read(l => l.Lost)));
        foreach (Session session in closed)
        {
            int number = int.Parse(session.Delegate["delegates/d".Length..], CultureInfo.InvariantCulture);
            (_, long least, long most) = births[$"{session.Source} {number}"];
            Assert.InRange(session.Generation, least, most);
            Assert.Equal(session.Generation % 2 == 0 ? "proxies/b" : "proxies/a", session.Proxy);
            Assert.Equal(SessionCause.Completed, session.Cause);
        }

        Assert.True(latencies.Length >= 10, $"only {latencies.Length} swaps");
        Say($"swaps: {delegates} delegates, {births.Count / seconds:0} connections/s, {births.Count} sessions, 0 lost, 0 on a wrong generation; "
            + $"{latencies.Length / seconds:0} swaps/s, each {Percentiles(latencies)}");
    }

    [Fact]
    public async Task TenSubscribers_OneStuck_TheOthersMissNothing_AndTheLossThatIsToldIsTheLossThereWas()
    {
        await using World world = World.Create();
        world.StartServers();
        await world.StartDaemonAsync(world.Configuration(""));
        using DaemonClient stuckClient = new(world.SocketPath, s_http);
        using AsyncServerStreamingCall<StreamSessionEventsResponse> stuck = stuckClient.Sessions.StreamSessionEvents(
            new StreamSessionEventsRequest { QueueCapacity = s_full ? 0 : 100 });
        Assert.True(await stuck.ResponseStream.MoveNext(CancellationToken.None));
        long before = stuck.ResponseStream.Current.Start.Sequence;
        ConcurrentQueue<TimeSpan> lags = [];
        DaemonClient[] clients = [.. Enumerable.Range(0, 9).Select(_ => new DaemonClient(world.SocketPath, s_http))];
        SessionLedger[] readers = [.. clients.Select(client => new SessionLedger(client, observe: e => lags.Enqueue(Lag(e))))];
        await Task.WhenAll(readers.Select(reader => reader.Started));
        Stopwatch clock = Stopwatch.StartNew();
        int opened = 0;
        for (int round = 0; round < 10 && (round == 0 || await LostAsync(world) == 0); round++)
        {
            await AtRateAsync(s_full ? 3000 : 500, s_duration, async _ =>
            {
                using Socket socket = world.Tcp();
                await socket.ConnectAsync(World.Echo4);
                await socket.EchoAsync(1);
                Interlocked.Increment(ref opened);
            });
        }

        foreach (SessionLedger reader in readers)
        {
            await reader.WaitUntilAsync(l => l.Closed.Count == opened);
            Assert.Equal((opened, 0L, null), reader.Read(l => (l.Opened, l.Lost, l.Fault)));
        }

        double seconds = clock.Elapsed.TotalSeconds;
        long last = readers[0].Read(l => l.Sequence);
        Assert.Equal(2L * opened, last - before);
        (long told, long lost) = await CatchUpAsync(stuck, before, last);
        Assert.Equal(last - before, told + lost);
        Assert.True(lost > 0, $"the stuck one lost nothing of {last - before} events: it was not stuck");
        Assert.Equal(lost, await LostAsync(world));
        Say($"events: {(last - before) / seconds:0}/s to each of nine readers, lag {Percentiles([.. lags])}; "
            + $"the stuck one: {told} told, {lost} lost and said so, of {last - before}");
        foreach (SessionLedger reader in readers)
        {
            await reader.DisposeAsync();
        }

        foreach (DaemonClient client in clients)
        {
            client.Dispose();
        }
    }

    [Fact]
    public async Task UnaryCalls_BesideAFullDataPlane_AreAnswered()
    {
        await using World world = World.Create();
        world.StartServers();
        await world.StartDaemonAsync(world.Configuration("", ""), "--state", Path.Combine(world.Folder, "state.db"));
        using CancellationTokenSource stop = new();
        Task<long>[] transfers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => DrainAsync(world, stop.Token)))];
        int calls = s_full ? 4000 : 300;
        Stopwatch clock = Stopwatch.StartNew();
        TimeSpan[] reads = await CallAsync(world, DeviceService.Descriptor, "GetDevice", new GetDeviceRequest { Name = World.Device }, calls);
        TimeSpan[] swaps = await CallAsync(
            world, DelegateService.Descriptor, "SwapDelegate", new SwapDelegateRequest { Name = World.Delegate, Proxy = "proxies/b" }, calls);
        double seconds = clock.Elapsed.TotalSeconds;
        await stop.CancelAsync();
        long bytes = (await Task.WhenAll(transfers)).Sum();
        Assert.True(bytes > 10 << 20, "nothing passed meanwhile");
        Assert.Equal(calls + 1, (await world.Api.Delegates.GetDelegateAsync(new GetDelegateRequest { Name = World.Delegate })).Delegate.Generation);
        Say($"unary beside {bytes * 8 / seconds / 1e9:0.0} Gbit/s: GetDevice {Percentiles(reads)}; SwapDelegate, on the disk, {Percentiles(swaps)}");
    }

    /// <summary>Makes the same call again and again, at the pace of an orchestrator that asks now and then, and says how long each took.</summary>
    /// <remarks>The caller is a program of its own that nothing keeps from running: it stands for one on another machine.</remarks>
    private static async Task<TimeSpan[]> CallAsync(World world, ServiceDescriptor service, string method, IMessage request, int calls)
    {
        string body = Path.Combine(world.Folder, $"{method}.request");
        string log = Path.Combine(world.Folder, $"{method}.log");
        byte[] message = request.ToByteArray();
        await File.WriteAllBytesAsync(body, [0, 0, 0, 0, (byte)message.Length, .. message]); // gRPC's frame: not compressed, length
        CommandResult result = await Task.Run(() => NetNamespace.RunCommand("nice", "-n", "-20", "h2load", "-n", $"{calls}", "-c", "1", "-m", "1",
            "--rps", "200", "-H", "content-type: application/grpc", "-H", "te: trailers", "-d", body, "--log-file", log,
            "-B", $"unix:{world.SocketPath}", $"http://localhost/{service.FullName}/{method}"));
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        string[][] rows = [.. (await File.ReadAllLinesAsync(log)).Select(line => line.Split('\t'))];
        Assert.Equal(calls, rows.Count(row => row[1] == "200"));
        return [.. rows.Select(row => TimeSpan.FromMicroseconds(long.Parse(row[2], CultureInfo.InvariantCulture)))];
    }

    private static async Task<double> LostAsync(World world) => (await world.Api.ReadMetricsAsync()).Sum("netcontrol_events_lost_total");

    private static async Task MakeDelegatesAsync(World world, int count)
    {
        ApplyConfigurationRequest request = new() { Configuration = new Configuration { Policies = { new Policy { Name = "policies/spread" } } } };
        for (int i = 0; i < count; i++)
        {
            request.Configuration.Delegates.Add(new Protocol.V1.Delegate { Name = $"delegates/d{i}", Proxy = "proxies/a" });
            request.Configuration.Policies[0].Rules.Add(new PolicyRule
            {
                Id = $"r{i}",
                Action = PolicyAction.Route,
                Target = $"delegates/d{i}",
                Destinations = { $"{Destination(i)}/32" },
            });
        }

        await world.Api.Configuration.ApplyConfigurationAsync(request);
        await world.Api.Devices.UpdateDeviceAsync(
            new UpdateDeviceRequest { Device = new Device { Name = World.Device, Policy = "policies/spread" } });
    }

    private static IPAddress Destination(int number) => new([198, 18, (byte)(100 + (number / 250)), (byte)(1 + (number % 250))]);

    private static async Task<TimeSpan[]> SwapAsync(World world, long[] asked, long[] answered, CancellationToken stop)
    {
        List<TimeSpan> latencies = [];
        for (int i = 0; !stop.IsCancellationRequested; i = (i + 1) % asked.Length)
        {
            long generation = Interlocked.Increment(ref asked[i]);
            long start = Stopwatch.GetTimestamp();
            SwapDelegateRequest request = new() { Name = $"delegates/d{i}", Proxy = generation % 2 == 0 ? "proxies/b" : "proxies/a" };
            Assert.Equal(generation, (await world.Api.Delegates.SwapDelegateAsync(request, cancellationToken: CancellationToken.None)).Generation);
            latencies.Add(Stopwatch.GetElapsedTime(start));
            Interlocked.Exchange(ref answered[i], generation);
        }

        return [.. latencies];
    }

    /// <summary>Begins so many a second, and waits for all that began; a machine that is slower begins fewer.</summary>
    private static async Task AtRateAsync(int rate, TimeSpan duration, Func<int, Task> work)
    {
        Stopwatch clock = Stopwatch.StartNew();
        int begun = 0;
        async Task WorkAsync()
        {
            while (clock.Elapsed < duration)
            {
                int mine = Interlocked.Increment(ref begun);
                TimeSpan due = TimeSpan.FromSeconds(mine / (double)rate) - clock.Elapsed;
                if (due > TimeSpan.Zero)
                {
                    await Task.Delay(due);
                }

                await work(mine);
            }
        }

        await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(WorkAsync)));
    }

    private static async Task<(long Told, long Lost)> CatchUpAsync(
        AsyncServerStreamingCall<StreamSessionEventsResponse> stream, long seen, long last)
    {
        long told = 0;
        long lost = 0;
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        while (seen < last && await stream.ResponseStream.MoveNext(limit.Token))
        {
            switch (stream.ResponseStream.Current.MessageCase)
            {
                case StreamSessionEventsResponse.MessageOneofCase.Events:
                    foreach (SessionEvent e in stream.ResponseStream.Current.Events.Events)
                    {
                        Assert.Equal(++seen, e.Sequence);
                        told++;
                    }

                    break;
                case StreamSessionEventsResponse.MessageOneofCase.Lost:
                    lost += stream.ResponseStream.Current.Lost.Count;
                    seen += stream.ResponseStream.Current.Lost.Count;
                    break;
            }
        }

        return (told, lost);
    }

    private static async Task<long> DrainAsync(World world, CancellationToken stop)
    {
        long bytes = 0;
        byte[] buffer = new byte[256 << 10];
        using Socket socket = world.Tcp();
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(World.Web4), 80), CancellationToken.None);
        await socket.SendAsync("GET /bytes/1000000000000 HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        while (!stop.IsCancellationRequested)
        {
            bytes += await socket.ReceiveAsync(buffer, SocketFlags.None, CancellationToken.None);
        }

        return bytes;
    }

    private static TimeSpan Lag(SessionEvent e) =>
        DateTime.UtcNow - (e.Kind == SessionEvent.Types.Kind.Closed ? e.Session.CloseTime : e.Session.OpenTime).ToDateTime();

    private static string Percentiles(IReadOnlyCollection<TimeSpan> times)
    {
        double[] sorted = [.. times.Select(t => t.TotalMilliseconds).Order()];
        return $"p50 {sorted[sorted.Length / 2]:0.00} ms, p99 {sorted[sorted.Length * 99 / 100]:0.00} ms, worst {sorted[^1]:0.00} ms";
    }

    private static void Say(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);
}
