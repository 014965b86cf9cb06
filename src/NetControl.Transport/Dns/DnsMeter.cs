using NetControl.Transport.Measures;

namespace NetControl.Transport.Dns;

/// <summary>What is counted of caches and resolvers that belong together, such as those of one proxy.</summary>
/// <remarks>Lifetime: its owner's, whatever chains are built meanwhile: counts never fall. Thread rule: any thread.</remarks>
public sealed class DnsMeter
{
    private static readonly int s_outcomes = Enum.GetValues<DnsOutcome>().Length;
    private readonly long[] _lookups = new long[Enum.GetValues<DnsCacheResult>().Length];
    private readonly DurationHistogram _exchanges = new(Enum.GetValues<DnsResolverKind>().Length * s_outcomes);
    private readonly Lock _lock = new();
    private readonly List<WeakReference<DnsCache>> _caches = [];
    private long _evictions;

    /// <summary>Whether there is, or was, a cache.</summary>
    public bool HasCache { get; private set; }

    /// <summary>Answers that gave way to others before their time was over.</summary>
    public long Evictions => Interlocked.Read(ref _evictions);

    /// <summary>Answers that are kept now.</summary>
    public long Entries
    {
        get
        {
            lock (_lock)
            {
                return _caches.Sum(cache => cache.TryGetTarget(out DnsCache? alive) ? alive.Count : 0L);
            }
        }
    }

    /// <summary>How many queries a cache had this for.</summary>
    public long Lookups(DnsCacheResult result) => Interlocked.Read(ref _lookups[(int)result]);

    /// <summary>How long exchanges with resolvers took.</summary>
    public IEnumerable<(DnsResolverKind Resolver, DnsOutcome Outcome, DurationBucket Bucket)> ReadExchanges() =>
        _exchanges.Read().Select(bucket => ((DnsResolverKind)(bucket.Row / s_outcomes), (DnsOutcome)(bucket.Row % s_outcomes), bucket));

    /// <summary>Counts an exchange with a resolver.</summary>
    public void Count(DnsResolverKind resolver, DnsOutcome outcome, TimeSpan took) =>
        _exchanges.Add(((int)resolver * s_outcomes) + (int)outcome, took);

    internal void Attach(DnsCache cache)
    {
        lock (_lock)
        {
            HasCache = true;
            _caches.RemoveAll(old => !old.TryGetTarget(out _));
            _caches.Add(new WeakReference<DnsCache>(cache));
        }
    }

    internal void Count(DnsCacheResult result) => Interlocked.Increment(ref _lookups[(int)result]);

    internal void CountEviction() => Interlocked.Increment(ref _evictions);
}
