using System.Diagnostics;
using NetControl.Stack;

namespace NetControl.Engine.Loops;

/// <summary>The one monotonic clock of all loops, in microseconds.</summary>
internal static class LoopClock
{
    /// <summary>Reads the clock.</summary>
    public static Instant Read() => new((long)(Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000.0)));
}
