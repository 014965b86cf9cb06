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
    private readonly HistogramFeed _dials;
    private readonly Dictionary<string, DialHistogram> _sources = new(StringComparer.Ordinal);

    public HealthMetrics(NetControlPlane plane, MetricFactory make)
    {
        _plane = plane;
        _healthy = make.CreateGauge("netcontrol_proxy_healthy",
            "1 unless a delegate found that one of its proxies does not work; one of which nothing is known yet counts as healthy.", "delegate", "proxy");
        _failovers = make.CreateCounter("netcontrol_delegate_failovers_total",
            "How often a delegate left one proxy for another by itself, by reason.", "delegate", "reason");
        _dials = HistogramFeed.Create(make, "netcontrol_dial_duration_seconds",
            "How long dials took: connect is the connection to a chain's first server, dial is all of it. The result is ok, or how it failed.",
            "proxy", "stage", "result");
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
            _sources.Remove(proxy); // gone, or another by the same name
            _dials.Forget(proxy);
        }

        foreach ((string proxy, DialHistogram dials) in present)
        {
            _sources[proxy] = dials;
            foreach (DialBucket bucket in dials.Read())
            {
                string result = bucket.Failure is { } failure ? Words.Snake(failure.ToString()) : "ok";
                _dials.Tell([proxy, Words.Snake(bucket.Stage.ToString()), result], bucket.Bucket, bucket.Count, bucket.Total);
            }
        }
    }
}
