using NetControl.Network;

namespace NetControl.ControlPlane.Dialers;

/// <summary>How long a proxy's dials took, by stage and result, in buckets.</summary>
/// <remarks>Thread rule: any thread; a value is two atomic additions.</remarks>
public sealed class DialHistogram
{
    private static readonly double[] s_bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private static readonly int s_results = Enum.GetValues<DialFailure>().Length + 1;
    private readonly Row?[] _rows = new Row?[Enum.GetValues<DialStage>().Length * s_results];

    /// <summary>The buckets' upper bounds in seconds; one more bucket is above them.</summary>
    public static IReadOnlyList<double> Bounds => s_bounds;

    /// <summary>Counts one.</summary>
    /// <param name="stage">What was measured.</param>
    /// <param name="failure">How it failed; null when it succeeded.</param>
    /// <param name="duration">How long it took.</param>
    public void Add(DialStage stage, DialFailure? failure, TimeSpan duration)
    {
        int at = ((int)stage * s_results) + (failure is { } f ? (int)f + 1 : 0);
        Row row = Volatile.Read(ref _rows[at]) ?? Interlocked.CompareExchange(ref _rows[at], new Row(), null) ?? _rows[at]!;
        double seconds = duration.TotalSeconds;
        int bucket = 0;
        while (bucket < s_bounds.Length && seconds > s_bounds[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref row.Counts[bucket]);
        Interlocked.Add(ref row.Ticks[bucket], duration.Ticks);
    }

    /// <summary>Reads every bucket that holds something.</summary>
    public IEnumerable<DialBucket> Read()
    {
        for (int at = 0; at < _rows.Length; at++)
        {
            if (Volatile.Read(ref _rows[at]) is not { } row)
            {
                continue;
            }

            int result = at % s_results;
            for (int bucket = 0; bucket < row.Counts.Length; bucket++)
            {
                if (Interlocked.Read(ref row.Counts[bucket]) is > 0 and var count)
                {
                    yield return new DialBucket((DialStage)(at / s_results), result == 0 ? null : (DialFailure)(result - 1), bucket, count,
                        TimeSpan.FromTicks(Interlocked.Read(ref row.Ticks[bucket])));
                }
            }
        }
    }

    private sealed class Row
    {
        public readonly long[] Counts = new long[s_bounds.Length + 1];
        public readonly long[] Ticks = new long[s_bounds.Length + 1];
    }
}
