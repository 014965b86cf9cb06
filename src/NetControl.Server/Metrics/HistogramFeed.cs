using NetControl.Transport.Measures;
using Prometheus;

namespace NetControl.Server.Metrics;

/// <summary>Carries counted buckets into a Prometheus histogram with the same bounds, by what is new in them.</summary>
/// <remarks>Owner: the scrape.</remarks>
internal sealed class HistogramFeed(Histogram histogram)
{
    private readonly Dictionary<(string Labels, int Bucket), (long Count, TimeSpan Total)> _told = [];

    /// <summary>Makes a histogram with the bounds of what is fed into it.</summary>
    public static HistogramFeed Create(MetricFactory make, string name, string help, params string[] labels) => new(
        make.CreateHistogram(name, help, labels, new HistogramConfiguration { Buckets = [.. DurationHistogram.Bounds] }));

    /// <summary>Tells how many a bucket has had until now, and their sum.</summary>
    /// <remarks>The mean of a bucket's newcomers lies within it: so each is counted in its bucket, and their sum is exact.</remarks>
    public void Tell(string[] labels, int bucket, long count, TimeSpan total)
    {
        (string, int) key = (string.Join('\n', labels), bucket);
        (long toldCount, TimeSpan toldTotal) = _told.GetValueOrDefault(key);
        long more = count - toldCount;
        if (more > 0)
        {
            double mean = (total - toldTotal).TotalSeconds / more;
            double low = bucket == 0 ? 0 : Math.BitIncrement(DurationHistogram.Bounds[bucket - 1]);
            double high = bucket < DurationHistogram.Bounds.Count ? DurationHistogram.Bounds[bucket] : double.MaxValue;
            histogram.WithLabels(labels).Observe(Math.Clamp(mean, low, high), more);
            _told[key] = (count, total);
        }
    }

    /// <summary>Forgets all whose first label is this one: it is gone, or another by the same name.</summary>
    public void Forget(string first)
    {
        foreach (string[] labels in histogram.GetAllLabelValues().Where(labels => labels[0] == first))
        {
            histogram.RemoveLabelled(labels);
        }

        foreach ((string Labels, int) key in _told.Keys.Where(key => key.Labels.Split('\n')[0] == first).ToArray())
        {
            _told.Remove(key);
        }
    }
}
