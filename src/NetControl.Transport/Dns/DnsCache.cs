namespace NetControl.Transport.Dns;

/// <summary>Keeps answers for as long as they say, and never more of them, or longer, than its bounds allow.</summary>
/// <remarks>Thread rule: any thread; one short lock. Answers of more than 4 KiB are not kept, so the capacity bounds the memory as well.</remarks>
public sealed class DnsCache
{
    private const int MaxAnswer = 4096;
    private readonly DnsCacheOptions _options;
    private readonly Lock _lock = new();
    private readonly Dictionary<DnsCacheKey, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = new(); // the last is the one that was used last
    private readonly DnsMeter _meter;

    /// <summary>Makes an empty cache.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no room for even one answer.</exception>
    public DnsCache(DnsCacheOptions? options = null)
    {
        _options = options ?? new DnsCacheOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Capacity, 1, nameof(options));
        _meter = _options.Meter ?? new DnsMeter();
        _meter.Attach(this);
    }

    /// <summary>What is counted of it, and of others that share its meter.</summary>
    public DnsMeter Meter => _meter;

    /// <summary>Answers kept.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>A copy of the answer to a query, aged, with the query's id and spelling; null if there is none.</summary>
    internal byte[]? Find(in DnsCacheKey key, ReadOnlySpan<byte> query)
    {
        byte[]? answer = Find(key, query, stale: false, out bool negative);
        _meter.Count(answer is null ? DnsCacheResult.Miss : negative ? DnsCacheResult.NegativeHit : DnsCacheResult.Hit);
        return answer;
    }

    /// <summary>The same past its time, as far as that is allowed.</summary>
    internal byte[]? FindStale(in DnsCacheKey key, ReadOnlySpan<byte> query)
    {
        byte[]? answer = _options.MaxStale > TimeSpan.Zero ? Find(key, query, stale: true, out _) : null;
        if (answer is not null)
        {
            _meter.Count(DnsCacheResult.Stale);
        }

        return answer;
    }

    /// <summary>Keeps a copy of an answer, if it may be kept.</summary>
    internal void Add(in DnsCacheKey key, ReadOnlySpan<byte> answer)
    {
        (uint seconds, bool negative) = DnsTtl.Of(answer);
        TimeSpan life = Min(TimeSpan.FromSeconds(seconds), negative ? _options.MaxNegativeTtl : _options.MaxTtl);
        if (life <= TimeSpan.Zero || answer.Length > MaxAnswer)
        {
            return;
        }

        LinkedListNode<Entry> node = new(new Entry(key, answer.ToArray(), _options.TimeProvider.GetTimestamp(), life, negative));
        lock (_lock)
        {
            if (_entries.Remove(key, out LinkedListNode<Entry>? old))
            {
                _byUse.Remove(old);
            }
            else if (_entries.Count == _options.Capacity)
            {
                Remove(_byUse.First!);
                _meter.CountEviction();
            }

            _entries.Add(key, node);
            _byUse.AddLast(node);
        }
    }

    private byte[]? Find(in DnsCacheKey key, ReadOnlySpan<byte> query, bool stale, out bool negative)
    {
        negative = false;
        Entry entry;
        TimeSpan age;
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out LinkedListNode<Entry>? node))
            {
                return null;
            }

            entry = node.Value;
            age = _options.TimeProvider.GetElapsedTime(entry.Since);
            if (age >= entry.Life + _options.MaxStale)
            {
                Remove(node);
                return null;
            }

            if (age >= entry.Life && !stale)
            {
                return null;
            }

            _byUse.Remove(node);
            _byUse.AddLast(node);
        }

        negative = entry.IsNegative;
        const uint StaleTtl = 30; // RFC 8767 section 4
        byte[] answer = [.. entry.Answer];
        query[..2].CopyTo(answer);
        ReadOnlySpan<byte> name = key.Question.Name.Wire;
        query.Slice(DnsHeader.Length, name.Length).CopyTo(answer.AsSpan(DnsHeader.Length));
        DnsTtl.Age(answer, (uint)age.TotalSeconds, age >= entry.Life ? StaleTtl : 0);
        return answer;
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _entries.Remove(node.Value.Key);
        _byUse.Remove(node);
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private sealed record Entry(DnsCacheKey Key, byte[] Answer, long Since, TimeSpan Life, bool IsNegative);
}
