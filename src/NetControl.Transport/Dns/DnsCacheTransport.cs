namespace NetControl.Transport.Dns;

/// <summary>Answers from a cache what is in it, and puts in what another transport answers.</summary>
public sealed class DnsCacheTransport : IDnsTransport
{
    private readonly IDnsTransport _inner;
    private readonly DnsCache _cache;

    /// <summary>Puts a cache in front of a transport.</summary>
    /// <exception cref="ArgumentNullException">A part is null.</exception>
    public DnsCacheTransport(IDnsTransport inner, DnsCache cache)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(cache);
        _inner = inner;
        _cache = cache;
    }

    /// <inheritdoc/>
    public ValueTask<byte[]> ExchangeAsync(ReadOnlyMemory<byte> query, CancellationToken cancellationToken = default)
    {
        if (!DnsCacheKey.TryCreate(query.Span, out DnsCacheKey key))
        {
            return _inner.ExchangeAsync(query, cancellationToken);
        }

        return _cache.Find(key, query.Span) is { } answer ? new ValueTask<byte[]>(answer) : AskAsync(key, query, cancellationToken);
    }

    private async ValueTask<byte[]> AskAsync(DnsCacheKey key, ReadOnlyMemory<byte> query, CancellationToken cancellationToken)
    {
        try
        {
            byte[] answer = await _inner.ExchangeAsync(query, cancellationToken);
            _cache.Add(key, answer);
            return answer;
        }
        catch (Exception e) when (e is DnsException or OperationCanceledException)
        {
            // Also to a caller whose patience is over: it is what he wanted.
            if (_cache.FindStale(key, query.Span) is { } stale)
            {
                return stale;
            }

            throw;
        }
    }
}
