using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using NetControl.Protocol.V1;
using NetControl.Testing.Daemon;
using NetControl.Testing.Origin;

namespace NetControl.Demo;

/// <summary>
/// The main job, told in five steps: 1. HTTP and DNS through proxy a, 2. a long download begins, 3. the delegate is swapped in its middle,
/// 4. the download ends on the old proxy while new requests use the new one, 5. the books are added up.
/// </summary>
internal sealed class Story(DemoWorld world, DemoOptions options)
{
    private const long DownloadBytes = 32 << 20;
    private const long BytesPerSecond = 12 << 20;
    private const string Egress = "delegates/egress";
    private readonly EventTable _table = new();
    private readonly long _start = Stopwatch.GetTimestamp();

    public async Task TellAsync()
    {
        Introduce();
        await using SessionLedger ledger = new(world.Client, updates: true, _table.Print);
        await ledger.Started;

        Chapter("1. HTTP and DNS through the device, by proxy a");
        _table.PrintHead();
        await AskAllAsync();
        Expect(world.ProxyA.Connects > 0 && world.ProxyB.Connects == 0, "the first requests did not go through proxy a alone");

        Chapter($"2. A download of {DownloadBytes >> 20} MiB begins");
        long before = world.ProxyA.BytesDown;
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        Task<string> download = DownloadAsync(limit.Token);
        while (world.ProxyA.BytesDown - before < DownloadBytes / 2)
        {
            Expect(!download.IsCompleted, "the download ended before its middle");
            await Task.Delay(20, limit.Token);
        }

        Chapter("3. In its middle: SwapDelegate(delegates/egress -> proxies/b, existing KEEP)");
        SwapDelegateResponse swap = await world.Client.Delegates.SwapDelegateAsync(new SwapDelegateRequest
        {
            Name = Egress,
            Proxy = "proxies/b",
            Existing = ExistingSessions.Keep,
        });
        long oldConnects = world.ProxyA.Connects;
        _table.Say($"    answer: generation {swap.Generation}, {swap.SessionsKept} live sessions kept");
        await AskAllAsync();
        Expect(!download.IsCompleted, "the download was over before the new requests were; nothing is shown");
        Expect(world.ProxyA.Connects == oldConnects && world.ProxyB.Connects > 0, "a request after the swap did not use proxy b");

        Chapter("4. The download goes on where it began");
        string hash = await download;
        string wanted = Payload.Sha256(DownloadBytes);
        Expect(hash == wanted, $"the download's SHA-256 is {hash}, not {wanted}");
        _table.Say($"    SHA-256 {hash[..16]}... is right; proxy a carried {Bytes(world.ProxyA.BytesDown)} down, proxy b {Bytes(world.ProxyB.BytesDown)}");
        Expect(world.ProxyB.BytesDown < DownloadBytes, "the download's bytes moved to proxy b");

        Chapter("5. The books");
        await AddUpAsync(ledger, swap.Generation);
        if (options.Stay)
        {
            await StayAsync();
        }

        Chapter("SIGTERM: netcontrold closes what lives, takes its interface, routes and rules back, and ends");
        int code = await world.Daemon.TerminateAsync();
        Expect(code == 0, $"netcontrold ended with exit code {code}:\n{world.Daemon.Errors}");
        await ledger.Ended;
        Expect(ledger.Read(l => l.Live.Count) == 0, $"sessions live on in the events after the end: {ledger.Describe()}");
        _table.Say(string.Create(CultureInfo.InvariantCulture, $"\nAll of it adds up. {Stopwatch.GetElapsedTime(_start).TotalSeconds:F1} s."));
    }

    private void Introduce() => _table.Say($"""
        NetControl demo, in a network namespace of its own. Nothing outside of it changes.

          applications      10.77.0.1 in front of tun0, netcontrold's device
          outside world     http://{DemoWorld.Web4}, {(world.HasIpv6 ? $"http://[{DemoWorld.Web6}], " : "(no IPv6 in this kernel) ")}DNS at {DemoWorld.Dns4}
          proxies/a         socks5://{world.ProxyA.EndPoint}
          proxies/b         socks5://{world.ProxyB.EndPoint}
          delegates/egress  -> proxies/a
          netcontrold       process {world.Daemon.Id}, gRPC on unix:{world.SocketPath}
        """);

    private async Task AskAllAsync()
    {
        IPAddress answer = await DnsQuestion.AskAsync(new IPEndPoint(IPAddress.Parse(DemoWorld.Dns4), 53), "www.example.com");
        Expect(answer.ToString() == DemoWorld.Web4, $"the DNS answer was {answer}, not {DemoWorld.Web4}");
        string[] sites = world.HasIpv6 ? [$"http://{answer}/", $"http://[{DemoWorld.Web6}]/"] : [$"http://{answer}/"];
        foreach (string site in sites)
        {
            using HttpClient http = new() { Timeout = TimeSpan.FromSeconds(10) };
            string text = await http.GetStringAsync(new Uri(site));
            Expect(text == "hello\n", $"{site} answered \"{text}\"");
        }
    }

    private static async Task<string> DownloadAsync(CancellationToken cancellationToken)
    {
        using HttpClient http = new();
        Uri uri = new(string.Create(CultureInfo.InvariantCulture, $"http://{DemoWorld.Web4}/bytes/{DownloadBytes}/{BytesPerSecond}"));
        await using Stream body = await http.GetStreamAsync(uri, cancellationToken);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(body, cancellationToken));
    }

    private async Task AddUpAsync(SessionLedger ledger, long generation)
    {
        await ledger.WaitUntilAsync(l => l.Live.Values.All(s => s.Protocol == SessionProtocol.Udp), TimeSpan.FromSeconds(10));
        IReadOnlyList<Session> live = await world.Client.ListSessionsAsync();
        PrometheusText metrics = await world.Client.ReadMetricsAsync();
        (long opened, long closed, int alive, long sent, long received, long births) = ledger.Read(l => (
            l.Opened,
            (long)l.Closed.Count,
            l.Live.Count,
            l.Closed.Sum(s => s.BytesSent),
            l.Closed.Sum(s => s.BytesReceived),
            (long)l.Closed.Concat(l.Live.Values).Count(s => s.Generation == generation && s.Proxy == "proxies/b")));
        long liveSent = live.Sum(s => s.BytesSent);
        long liveReceived = live.Sum(s => s.BytesReceived);
        long countedSent = metrics.Sum("netcontrol_session_bytes_total", ("direction", "sent"));
        long countedReceived = metrics.Sum("netcontrol_session_bytes_total", ("direction", "received"));
        _table.Say($"""
                                          sent       received
                closed sessions   {Bytes(sent),12}   {Bytes(received),12}    ({closed} sessions, from the event stream)
                live sessions     {Bytes(liveSent),12}   {Bytes(liveReceived),12}    ({live.Count} sessions, from ListSessions)
                sum               {Bytes(sent + liveSent),12}   {Bytes(received + liveReceived),12}
                /metrics          {Bytes(countedSent),12}   {Bytes(countedReceived),12}
            """);
        Expect(ledger.Fault is null && ledger.Lost == 0, $"the event stream is not whole: {ledger.Describe()}");
        Expect(opened - closed == live.Count && alive == live.Count, $"opened {opened} minus closed {closed} is not the {live.Count} that live");
        Expect(sent + liveSent == countedSent && received + liveReceived == countedReceived, "the bytes of the sessions are not those of /metrics");
        Expect(births > 0, $"no session was born in generation {generation} on proxies/b");
    }

    private async Task StayAsync()
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Finish);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Finish);
        _table.Say($"""

            Staying. From another terminal:
              {Sandbox.Enterer} curl http://{DemoWorld.Web4}/
              dotnet run --project src/NetControl.Cli -- -a unix:{world.SocketPath} sessions list
            The configuration is {world.ConfigurationPath}. Ctrl+C ends it.
            """);
        await done.Task;

        void Finish(PosixSignalContext context)
        {
            context.Cancel = true;
            done.TrySetResult();
        }
    }

    private void Chapter(string title) => _table.Say($"\n{title}");

    private static string Bytes(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static void Expect(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new DemoException(otherwise);
        }
    }
}
