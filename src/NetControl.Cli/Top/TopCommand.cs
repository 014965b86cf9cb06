using System.CommandLine;
using System.Diagnostics;
using Grpc.Core;
using NetControl.Cli.Commands;
using NetControl.Protocol.V1;

namespace NetControl.Cli.Top;

/// <summary>netctl top: the live sessions, those that move most first.</summary>
internal static class TopCommand
{
    private const string EnterScreen = "\u001b[?1049h\u001b[?25l";
    private const string LeaveScreen = "\u001b[?25h\u001b[?1049l";
    private const string Home = "\u001b[H";
    private const string ClearToEndOfLine = "\u001b[K";
    private const string ClearBelow = "\u001b[J";
    private const int PlainWidth = 200;

    public static Command Create()
    {
        FilterOptions filter = new();
        Option<bool> once = new("--once") { Description = "Print one sample as plain text and end." };
        Option<string?> interval = Common.Duration("--interval", "How often it is drawn; default 1s.");
        Option<int> limit = new("--limit") { Description = "With --once: at most this many sessions.", DefaultValueFactory = _ => 20 };
        Option<string> sort = new("--sort") { Description = "What sessions are ordered by.", DefaultValueFactory = _ => "rate" };
        sort.AcceptOnlyFromAmong("rate", "bytes", "age");
        Command command = new("top", "The live sessions, those that move most first. Keys: s changes the order, q ends.") { once, interval,
            limit, sort };
        return filter.AddTo(command).Does(async (p, c) =>
        {
            StreamSessionEventsRequest request = new() { Filter = filter.Read(p), Snapshot = true, Updates = true };
            using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(c.Cancellation);
            using AsyncServerStreamingCall<StreamSessionEventsResponse> call = new SessionService.SessionServiceClient(c.Invoker)
                .StreamSessionEvents(request, cancellationToken: end.Token);
            TopModel model = new();
            Task reading = ReadAsync(call.ResponseStream, model, end.Token);
            TimeSpan pause = Common.ParseDuration(p.GetValue(interval))?.ToTimeSpan() ?? TimeSpan.FromSeconds(1);
            SortOrder order = Enum.Parse<SortOrder>(p.GetRequiredValue(sort), ignoreCase: true);
            if (p.GetValue(once) || Console.IsOutputRedirected)
            {
                await ShowOnceAsync(c, model, reading, order, pause, p.GetValue(limit));
            }
            else
            {
                await ShowLiveAsync(c, model, reading, order, pause);
            }

            await end.CancelAsync();
        });
    }

    private static async Task ReadAsync(IAsyncStreamReader<StreamSessionEventsResponse> stream, TopModel model, CancellationToken cancellationToken)
    {
        await foreach (StreamSessionEventsResponse message in stream.ReadAllAsync(cancellationToken))
        {
            model.Apply(message);
        }
    }

    private static async Task ShowOnceAsync(CommandContext c, TopModel model, Task reading, SortOrder order, TimeSpan pause, int limit)
    {
        // On a busy machine the sessions may come later than the pause is long.
        await Task.WhenAny(reading, model.Whole).WaitAsync(c.Cancellation);
        Stopwatch clock = Stopwatch.StartNew();
        model.Sample(pause);
        await PauseAsync(reading, pause, c.Cancellation);
        TopSample sample = model.Sample(clock.Elapsed);

        // Head, totals and their gaps come on top of the sessions.
        foreach (string line in TopScreen.Draw(sample, order, PlainWidth, limit + 11, DateTime.UtcNow))
        {
            c.Printer.PrintText(line + "\n");
        }
    }

    private static async Task ShowLiveAsync(CommandContext c, TopModel model, Task reading, SortOrder order, TimeSpan pause)
    {
        Stopwatch clock = Stopwatch.StartNew();
        c.Printer.PrintText(EnterScreen);
        try
        {
            while (!reading.IsCompleted)
            {
                TopSample sample = model.Sample(clock.Elapsed);
                clock.Restart();

                // A key redraws what was sampled: rates over the time between two keys would say nothing.
                for (ConsoleKey? key = ConsoleKey.None; key is not null; key = await KeyAsync(reading, pause - clock.Elapsed, c.Cancellation))
                {
                    if (key is ConsoleKey.Q or ConsoleKey.Escape)
                    {
                        return;
                    }

                    order = key is ConsoleKey.S ? (SortOrder)(((int)order + 1) % 3) : order;
                    c.Printer.PrintText(Home + string.Join($"{ClearToEndOfLine}\r\n", TopScreen.Draw(
                        sample, order, Math.Max(20, Console.WindowWidth), Math.Max(5, Console.WindowHeight), DateTime.UtcNow))
                        + ClearToEndOfLine + ClearBelow);
                }
            }
        }
        finally
        {
            c.Printer.PrintText(LeaveScreen);
        }

        await reading;
    }

    // A key, or null when it is time to draw again.
    private static async Task<ConsoleKey?> KeyAsync(Task reading, TimeSpan pause, CancellationToken cancellationToken)
    {
        TimeSpan step = TimeSpan.FromMilliseconds(50);
        for (TimeSpan waited = TimeSpan.Zero; waited < pause && !reading.IsCompleted; waited += step)
        {
            if (!Console.IsInputRedirected && Console.KeyAvailable)
            {
                return Console.ReadKey(intercept: true).Key;
            }

            await PauseAsync(reading, step, cancellationToken);
        }

        return null;
    }

    private static async Task PauseAsync(Task reading, TimeSpan pause, CancellationToken cancellationToken)
    {
        await Task.WhenAny(reading, Task.Delay(pause, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        if (reading.IsFaulted)
        {
            await reading;
        }
    }
}
