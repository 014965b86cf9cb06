namespace NetControl.Transport.Measures;

/// <summary>How long something took, in buckets, a row of them for each kind of it.</summary>
/// <remarks>Thread rule: any thread; a value is two atomic additions. A row that was never counted in takes no memory.</remarks>
public sealed class DurationHistogram
{
    private static readonly double[] s_bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private readonly Row?[] _rows;

    /// <summary>Makes an empty one.</summary>
    public DurationHistogram(int rows) => _rows = new Row?[rows];

    /// <summary>The buckets' upper bounds in seconds; one more bucket is above them.</summary>
    public static IReadOnlyList<double> Bounds => s_bounds;

    /// <summary>Counts one.</summary>
    public void Add(int row, TimeSpan duration)
    {
        Row counted = Volatile.Read(ref _rows[row]) ?? Interlocked.CompareExchange(ref _rows[row], new Row(), null) ?? _rows[row]!;
        double seconds = duration.TotalSeconds;
        int bucket = 0;
        while (bucket < s_bounds.Length && seconds > s_bounds[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref counted.Counts[bucket]);
        Interlocked.Add(ref counted.Ticks[bucket], duration.Ticks);
    }

    /// <summary>Reads every bucket that holds something.</summary>
    public IEnumerable<DurationBucket> Read()
    {
        for (int at = 0; at < _rows.Length; at++)
        {
            if (Volatile.Read(ref _rows[at]) is not { } row)
            {
                continue;
            }

            for (int bucket = 0; bucket < row.Counts.Length; bucket++)
            {
                if (Interlocked.Read(ref row.Counts[bucket]) is > 0 and var count)
                {
                    yield return new DurationBucket(at, bucket, count, TimeSpan.FromTicks(Interlocked.Read(ref row.Ticks[bucket])));
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
