using NetControl.ControlPlane;
using NetControl.Server.Mapping;
using NetControl.Transport.Dns;
using NetControl.Transport.Measures;
using Prometheus;

namespace NetControl.Server.Metrics;

/// <summary>What the resolvers and caches of chains do, as Prometheus sees it.</summary>
/// <remarks>
/// Owner: the scrape. Labels are names of proxies and words of enumerations, never names that were asked for; they go with the proxies. The
/// machine's own resolver, which finds the host names of proxies, is of no proxy.
/// </remarks>
internal sealed class DnsMetrics
{
    private const string NoProxy = "";
    private static readonly string[] s_results = Words.Labels<DnsCacheResult>();
    private readonly NetControlPlane _plane;
    private readonly Counter _lookups;
    private readonly Counter _evictions;
    private readonly Gauge _entries;
    private readonly HistogramFeed _exchanges;
    private readonly Dictionary<string, DnsMeter> _sources = new(StringComparer.Ordinal);

    public DnsMetrics(NetControlPlane plane, MetricFactory make)
    {
        _plane = plane;
        _lookups = make.CreateCounter("netcontrol_dns_cache_lookups_total",
            "Queries that met a cache of a chain, by what it had: hit, negative_hit (a kept no), miss, stale (past its time, the resolver "
            + "being silent).",
            "proxy", "result");
        _evictions = make.CreateCounter("netcontrol_dns_cache_evictions_total",
            "Answers that gave way to others for want of room: cache= is too small for what is asked.", "proxy");
        _entries = make.CreateGauge("netcontrol_dns_cache_entries", "Answers that the caches of a chain keep.", "proxy");
        _exchanges = HistogramFeed.Create(make, "netcontrol_dns_upstream_duration_seconds",
            "How long resolvers took, by how they were asked (plain, tls, https; direct is that of dnssplit for its zones; system, of no "
            + "proxy, finds the names of proxies) and by outcome: the answer's code, or why there was none.",
            "proxy", "resolver", "outcome");
    }

    public void Collect()
    {
        Dictionary<string, DnsMeter> present = _plane.Proxies.DnsMeters().Append((NoProxy, _plane.Names))
            .ToDictionary(pair => pair.Item1, pair => pair.Item2, StringComparer.Ordinal);
        foreach (string proxy in _sources.Keys.Where(proxy => _sources[proxy] != present.GetValueOrDefault(proxy)).ToArray())
        {
            Forget(proxy); // gone, or another by the same name
        }

        foreach ((string proxy, DnsMeter meter) in present)
        {
            _sources[proxy] = meter;
            foreach ((DnsResolverKind resolver, DnsOutcome outcome, DurationBucket bucket) in meter.ReadExchanges())
            {
                string[] labels = [proxy, Words.Snake(resolver.ToString()), Words.Snake(outcome.ToString())];
                _exchanges.Tell(labels, bucket.Bucket, bucket.Count, bucket.Total);
            }

            if (meter.HasCache)
            {
                CollectCache(proxy, meter);
            }
        }
    }

    private void CollectCache(string proxy, DnsMeter meter)
    {
        for (int result = 0; result < s_results.Length; result++)
        {
            _lookups.WithLabels(proxy, s_results[result]).IncTo(meter.Lookups((DnsCacheResult)result));
        }

        _evictions.WithLabels(proxy).IncTo(meter.Evictions);
        _entries.WithLabels(proxy).Set(meter.Entries);
    }

    private void Forget(string proxy)
    {
        _sources.Remove(proxy);
        _exchanges.Forget(proxy);
        foreach (string result in s_results)
        {
            _lookups.RemoveLabelled(proxy, result);
        }

        _evictions.RemoveLabelled(proxy);
        _entries.RemoveLabelled(proxy);
    }
}
