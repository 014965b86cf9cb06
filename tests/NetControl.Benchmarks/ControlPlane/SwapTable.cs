using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using NetControl.ControlPlane;
using NetControl.ControlPlane.Configurations;
using NetControl.ControlPlane.Delegates;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Storage;
using NetControl.Engine;

namespace NetControl.Benchmarks.ControlPlane;

/// <summary>What one SwapDelegate costs the control plane, by how many delegates there are and where the state is kept. Each delegate is the
/// target of a rule of one policy; no device, no traffic.</summary>
internal static class SwapTable
{
    private const int Swaps = 2000;

    public static async Task PrintAsync()
    {
        Console.WriteLine("| delegates | store | us/swap | KiB/swap |\n|---:|---|---:|---:|");
        foreach (int delegates in (int[])[1, 100, 1000, 10_000])
        {
            await PrintAsync(delegates, "memory", new MemoryStateStore());
            string path = Path.Combine(Path.GetTempPath(), $"swaps-{Environment.ProcessId}.db");
            using (SqliteStateStore store = SqliteStateStore.Open(path, TimeProvider.System))
            {
                await PrintAsync(delegates, "SQLite", store);
            }

            File.Delete(path);
        }
    }

    private static async Task PrintAsync(int delegates, string kind, IStateStore store)
    {
        await using PacketEngine engine = new(new EngineOptions { Loops = 2 }, NullLogger.Instance);
        using NetControlPlane plane = new(engine, store, TimeProvider.System, NullLogger.Instance);
        plane.Restore();
        await plane.Configuration.ApplyAsync(new ApplyRequest(Wish(delegates)), MutationContext.Internal);
        await SwapAsync(plane, delegates, 200);
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long start = Stopwatch.GetTimestamp();
        await SwapAsync(plane, delegates, Swaps);
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {delegates:N0} | {kind} | {took.TotalMicroseconds / Swaps:0} | {allocated / 1024.0 / Swaps:0.0} |"));
        await plane.ShutdownAsync();
    }

    private static async Task SwapAsync(NetControlPlane plane, int delegates, int count)
    {
        for (int i = 0; i < count; i++)
        {
            string proxy = (i / delegates) % 2 == 0 ? "proxies/b" : "proxies/a";
            await plane.Delegates.SwapAsync(new SwapRequest($"delegates/d{i % delegates}", proxy, ExistingPolicy.Keep), MutationContext.Internal);
        }
    }

    private static DesiredState Wish(int delegates) => new()
    {
        Proxies = [new ProxyDraft { Name = "proxies/a" }, new ProxyDraft { Name = "proxies/b" }],
        Delegates = [.. Enumerable.Range(0, delegates).Select(i => new DelegateDraft($"delegates/d{i}", "proxies/a"))],
        Policies =
        [
            new PolicyDraft
            {
                Name = "policies/spread",
                Rules = [.. Enumerable.Range(0, Math.Min(delegates, 1000)).Select(i => new PolicyRuleDraft
                {
                    Id = $"r{i}",
                    Action = "ROUTE",
                    Target = $"delegates/d{i}",
                    Destinations = [$"198.18.{i / 250}.{1 + (i % 250)}/32"],
                })],
            },
        ],
    };
}
