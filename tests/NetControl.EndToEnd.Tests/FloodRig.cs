using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using NetControl.Testing;
using NetControl.Testing.Daemon;

namespace NetControl.EndToEnd.Tests;

/// <summary>A world under attack: a bystander whose session must not notice, memory watched all the time, and the books at the end.</summary>
internal sealed class FloodRig : IAsyncDisposable
{
    private const long Mebibyte = 1 << 20;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private readonly ITestOutputHelper _output;
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _bystander;
    private readonly Task _echoing;
    private readonly Task _watching;
    private readonly long _residentBefore;
    private long _residentPeak;
    private long _echoes;
    private TimeSpan _slowest;

    private FloodRig(World world, Socket bystander, ITestOutputHelper output)
    {
        World = world;
        _bystander = bystander;
        _output = output;
        _residentBefore = _residentPeak = world.Daemon.ResidentBytes;
        _echoing = Task.Run(EchoAsync);
        _watching = Task.Run(WatchAsync);
    }

    public World World { get; }

    /// <summary>A world with a bystander. The configuration may be changed before the start.</summary>
    public static async Task<FloodRig> StartAsync(ITestOutputHelper output, Func<string, string>? configure = null)
    {
        World world = World.Create();
        try
        {
            world.StartServers();
            string configuration = world.Configuration("");
            await world.StartDaemonAsync(configure?.Invoke(configuration) ?? configuration);
            await world.DownloadAsync(World.Web4, 16 * Mebibyte); // memory that any traffic takes
            Socket bystander = world.Tcp();
            await bystander.ConnectAsync(World.Echo4);
            await bystander.EchoAsync();
            return new FloodRig(world, bystander, output);
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>A sender on the device.</summary>
    public RawSender Sender() => World.Client.Run(() => new RawSender("tun0"));

    /// <summary>Sends packets until the daemon has seen so many: the kernel drops, without a word, what it does not read fast enough.</summary>
    public async Task SendAsync(RawSender sender, int count, Func<int, ReadOnlyMemory<byte>> packet)
    {
        const int Burst = 200; // under the interface's queue of 500
        long goal = await PacketsInAsync() + count;
        long start = Stopwatch.GetTimestamp();
        int sent = 0;
        for (int left = count; left > 0; left = (int)(goal - await PacketsInAsync()))
        {
            for (int i = 0; i < left; i++)
            {
                // Each once at least; the deficit is made up from the beginning.
                sender.Send(packet(sent++ % count).Span);
                if (sent % Burst == 0)
                {
                    Thread.Sleep(1); // the flood's pace, not a wait for anything
                }
            }

            Assert.True(sent < 3 * count, $"{sent} packets were sent, and netcontrold has not seen {count}");
        }

        TimeSpan took = Stopwatch.GetElapsedTime(start);
        _output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{count} packets in {took.TotalSeconds:0.00} s ({sent} sent), {count / took.TotalSeconds:0}/s"));
    }

    /// <summary>The bystander has not noticed anything, and memory stayed within a bound.</summary>
    public async Task AssertUnharmedAsync(long mostGrownMebibytes)
    {
        long echoes = Interlocked.Read(ref _echoes);
        await UntilAsync(() => Task.FromResult(Interlocked.Read(ref _echoes) > echoes || _echoing.IsCompleted), "the bystander goes on");
        if (_echoing.IsCompleted)
        {
            await _echoing;
        }

        long grown = (Interlocked.Read(ref _residentPeak) - _residentBefore) / Mebibyte;
        _output.WriteLine($"resident memory: {_residentBefore / Mebibyte} MiB before, {Interlocked.Read(ref _residentPeak) / Mebibyte} MiB at most, "
            + $"{World.Daemon.ResidentBytes / Mebibyte} MiB now; bystander: {echoes} echoes of 10 kB, the slowest {_slowest.TotalMilliseconds:0} ms");
        Assert.True(grown < mostGrownMebibytes, $"{grown} MiB more than before");
    }

    /// <summary>The bystander leaves; then nothing of any session may be left.</summary>
    public async Task AssertNothingLeftAsync()
    {
        await _stop.CancelAsync();
        await _echoing;
        _bystander.Dispose();
        PrometheusText metrics = await World.Api.ReadMetricsAsync();
        await UntilAsync(
            async () =>
            {
                metrics = await World.Api.ReadMetricsAsync();
                string[] resources = ["tcp_sessions", "udp_sessions", "half_open", "buffer_bytes"];
                return metrics.Sum("netcontrol_sessions_active") == 0 && metrics.Sum("netcontrol_tcp_half_open") == 0
                    && resources.All(resource => metrics.Sum("netcontrol_device_usage", ("resource", resource)) == 0);
            },
            "every session is gone",
            async () => string.Join('\n', (await World.Api.ListSessionsAsync()).Take(10))
                + string.Join('\n', metrics.Samples.Where(s => s.Name is "netcontrol_device_usage" or "netcontrol_sessions_active")));
        Assert.Empty(await World.Api.ListSessionsAsync());
        Assert.Equal(0, metrics.Sum("netcontrol_device_drops_total", ("reason", "internal_error")));
        _output.WriteLine($"afterwards: {World.Daemon.ResidentBytes / Mebibyte} MiB resident, "
            + $"{metrics.Sum("netcontrol_buffer_pool_bytes") / 1024} KiB in the pools (free), no session");
        Assert.DoesNotContain("fail:", World.Daemon.Errors, StringComparison.Ordinal);
    }

    /// <summary>Waits for something that must come true.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds, string what, Func<Task<string>>? otherwise = null)
    {
        for (long start = Stopwatch.GetTimestamp(); !await holds();)
        {
            if (Stopwatch.GetElapsedTime(start) > s_patience)
            {
                Assert.Fail($"waited in vain: {what}\n{(otherwise is null ? "" : await otherwise())}");
            }

            await Task.Delay(20);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _bystander.Dispose();
        await Task.WhenAny(Task.WhenAll(_echoing, _watching), Task.Delay(s_patience));
        await World.DisposeAsync();
        _stop.Dispose();
    }

    private async Task<long> PacketsInAsync() =>
        (await World.Api.ReadMetricsAsync()).Sum("netcontrol_device_packets_total", ("direction", "in"));

    private async Task EchoAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            long start = Stopwatch.GetTimestamp();
            await _bystander.EchoAsync(10_000);
            TimeSpan took = Stopwatch.GetElapsedTime(start);
            _slowest = took > _slowest ? took : _slowest;
            Interlocked.Increment(ref _echoes);
            await Task.Delay(5);
        }
    }

    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Interlocked.Exchange(ref _residentPeak, Math.Max(Interlocked.Read(ref _residentPeak), World.Daemon.ResidentBytes));
            await Task.Delay(20);
        }
    }
}
