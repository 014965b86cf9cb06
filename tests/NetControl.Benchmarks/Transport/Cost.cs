using System.Runtime.InteropServices;

namespace NetControl.Benchmarks.Transport;

/// <summary>What some work costs its thread: processor time, which a busy machine changes little, and garbage.</summary>
internal readonly partial record struct Cost(double Nanoseconds, long Allocated, long Bytes)
{
    private const int ThreadProcessorTime = 3; // CLOCK_THREAD_CPUTIME_ID of linux/time.h

    /// <summary>Bytes for each nanosecond of one core, which is GB/s.</summary>
    public double Rate => Bytes / Nanoseconds;

    /// <summary>Bytes of garbage for each 10^9 bytes moved.</summary>
    public double GarbagePerGigabyte => Allocated * 1e9 / Bytes;

    /// <summary>The same work without a part that was measured alone.</summary>
    public Cost Without(Cost part) => this with { Nanoseconds = Nanoseconds - (part.Nanoseconds * Bytes / part.Bytes) };

    /// <summary>The cheapest of some rounds, after one to warm up.</summary>
    /// <param name="rounds">How often.</param>
    /// <param name="prepare">Prepares a round and gives what is measured, which gives the bytes that it moved.</param>
    public static Cost Of(int rounds, Func<Func<long>> prepare)
    {
        Cost best = default;
        for (int round = 0; round <= rounds; round++)
        {
            Func<long> measured = prepare();
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            long start = Now();
            long bytes = measured();
            Cost cost = new(Now() - start, GC.GetAllocatedBytesForCurrentThread() - allocated, bytes);
            if (round == 1 || (round > 1 && cost.Rate > best.Rate))
            {
                best = cost;
            }
        }

        return best;
    }

    private static long Now()
    {
        Span<long> time = stackalloc long[2];
        _ = ClockGetTime(ThreadProcessorTime, ref time[0]);
        return (time[0] * 1_000_000_000) + time[1];
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, ref long timespec);
}
