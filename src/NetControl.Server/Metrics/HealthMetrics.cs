using NetControl.ControlPlane;
using NetControl.ControlPlane.Delegates;
using NetControl.ControlPlane.Dialers;
using NetControl.ControlPlane.Health;
using NetControl.Server.Mapping;
using Prometheus;

namespace NetControl.Server.Metrics;

/// <summary>What delegates think of their proxies, and how long dials take, as Prometheus sees it.</summary>
/// <remarks>Owner: the scrape. Labels are names of resources and words of enumerations, and go with the resources.</remarks>
internal sealed class HealthMetrics
{
    private readonly NetControlPlane _plane;
    private readonly Gauge _healthy;
    private readonly Counter _failovers;
    private readonly Histogram _dials;
    private readonly Dictionary<(string Proxy, DialBucket Key), (long Count, TimeSpan Total)> _told = [];
    private readonly Dictionary<string, DialHistogram> _sources = new(StringComparer.Ordinal);

    public HealthMetrics(NetControlPlane plane, MetricFactory make)
    {
        _plane = plane;
        _healthy = make.CreateGauge("netcontrol_proxy_healthy",
            "1 unless a delegate found that one of its proxies does not work; one of which nothing is known yet counts as healthy.", "delegate", "proxy");
        _failovers = make.CreateCounter("netcontrol_delegate_failovers_total",
            "How often a delegate left one proxy for another by itself, by reason.", "delegate", "reason");
        _dials = make.CreateHistogram("netcontrol_dial_duration_seconds",
            "How long dials took: connect is the connection to a chain's first server, dial is all of it. The result is ok, or how it failed.",
            ["proxy", "stage", "result"], new HistogramConfiguration { Buckets = [.. DialHistogram.Bounds] });
    }

    public void Collect()
    {
        HashSet<(string, string)> present = [];
        foreach (DelegateView view in _plane.Delegates.All())
        {
            foreach (ProxyHealth health in view.Health)
            {
                present.Add((view.Meta.Name, health.Proxy));
                _healthy.WithLabels(view.Meta.Name, health.Proxy).Set(health.Condition == ProxyCondition.Unhealthy ? 0 : 1);
            }
        }

        foreach (string[] labels in _healthy.GetAllLabelValues().Where(labels => !present.Contains((labels[0], labels[1]))))
        {
            _healthy.RemoveLabelled(labels);
        }

        foreach ((string name, SwitchReason reason, long count) in _plane.Delegates.FailoverCounts())
        {
            _failovers.WithLabels(name, Words.Snake(reason.ToString())).IncTo(count);
        }

        CollectDials();
    }

    private void CollectDials()
    {
        Dictionary<string, DialHistogram> present = _plane.Proxies.Dials().ToDictionary(pair => pair.Proxy, pair => pair.Dials, StringComparer.Ordinal);
        foreach (string proxy in _sources.Keys.Where(proxy => _sources[proxy] != present.GetValueOrDefault(proxy)).ToArray())
        {
            Forget(proxy); // gone, or another by the same name
        }

        foreach ((string proxy, DialHistogram dials) in present)
        {
            _sources[proxy] = dials;
            foreach (DialBucket bucket in dials.Read())
            {
                Add(proxy, bucket);
            }
        }
    }

    // The mean of a bucket's newcomers lies within it: so each is counted in its bucket, and their sum is exact.
    private void Add(string proxy, DialBucket bucket)
    {
        (string, DialBucket) key = (proxy, bucket with { Count = 0, Total = TimeSpan.Zero });
        (long count, TimeSpan total) = _told.GetValueOrDefault(key);
        long more = bucket.Count - count;
        if (more > 0)
        {
            double mean = (bucket.Total - total).TotalSeconds / more;
            double low = bucket.Bucket == 0 ? 0 : Math.BitIncrement(DialHistogram.Bounds[bucket.Bucket - 1]);
            double high = bucket.Bucket < DialHistogram.Bounds.Count ? DialHistogram.Bounds[bucket.Bucket] : double.MaxValue;
            _dials.WithLabels(proxy, Words.Snake(bucket.Stage.ToString()), bucket.Failure is { } failure ? Words.Snake(failure.ToString()) : "ok")
                .Observe(Math.Clamp(mean, low, high), more);
            _told[key] = (bucket.Count, bucket.Total);
        }
    }

    private void Forget(string proxy)
    {
        _sources.Remove(proxy);
        foreach (string[] labels in _dials.GetAllLabelValues().Where(labels => labels[0] == proxy))
        {
            _dials.RemoveLabelled(labels);
        }

        foreach ((string, DialBucket) key in _told.Keys.Where(key => key.Proxy == proxy).ToArray())
        {
            _told.Remove(key);
        }
    }
}
