namespace NetControl.Network;

/// <summary>One session of a <see cref="DnsInterceptPacketProxy"/>: the queries that wait, and the session for everything else.</summary>
/// <remarks>Closed by whoever comes first: its owner, or the last of its parts. The lock is never held during a call of a proxy or receiver.</remarks>
internal sealed class DnsInterceptSession : IPacketRequestSender
{
    private readonly IPacketProxy _queryProxy;
    private readonly AddrPort _localResolver;
    private readonly AddrPort _remoteResolver;
    private readonly DnsInterceptOptions _options;
    private readonly IPacketResponseReceiver _responses;
    private readonly Lock _lock = new();
    private readonly HashSet<DnsInterceptQuery> _queries = [];
    private readonly DnsInterceptOthers _others;
    private bool _closed;

    internal DnsInterceptSession(
        IPacketProxy queryProxy,
        IPacketProxy otherProxy,
        AddrPort localResolver,
        AddrPort remoteResolver,
        DnsInterceptOptions options,
        IPacketResponseReceiver responses)
    {
        _queryProxy = queryProxy;
        _localResolver = localResolver;
        _remoteResolver = remoteResolver;
        _options = options;
        _responses = responses;
        _others = new DnsInterceptOthers(otherProxy, responses, CloseIfEmpty);
    }

    /// <inheritdoc/>
    public int WriteTo(ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        if (Volatile.Read(ref _closed))
        {
            throw new NetworkException(NetworkError.Closed);
        }

        if (destination != _localResolver)
        {
            return _others.WriteTo(payload, destination);
        }

        DnsInterceptQuery query = new(this, _responses, _localResolver);
        lock (_lock)
        {
            if (_closed)
            {
                throw new NetworkException(NetworkError.Closed);
            }

            if (_queries.Count >= _options.MaxPendingQueries)
            {
                return payload.Length;
            }

            _queries.Add(query);
        }

        query.StartTimer(_options);
        return query.Ask(_queryProxy, payload, _remoteResolver);
    }

    /// <inheritdoc/>
    public void Close()
    {
        if (!TryClose(onlyIfEmpty: false))
        {
            throw new NetworkException(NetworkError.Closed);
        }
    }

    /// <summary>A query has its answer, or will get none.</summary>
    internal void Remove(DnsInterceptQuery query)
    {
        lock (_lock)
        {
            _queries.Remove(query);
        }

        CloseIfEmpty();
    }

    private void CloseIfEmpty() => TryClose(onlyIfEmpty: true);

    private bool TryClose(bool onlyIfEmpty)
    {
        DnsInterceptQuery[] queries;
        lock (_lock)
        {
            if (_closed || (onlyIfEmpty && (_queries.Count > 0 || _others.IsInUse)))
            {
                return false;
            }

            _closed = true;
            queries = [.. _queries];
            _queries.Clear();
        }

        foreach (DnsInterceptQuery query in queries)
        {
            query.End();
        }

        _others.End();
        try
        {
            _responses.Close();
        }
        catch (NetworkException e) when (e.Error == NetworkError.Closed)
        {
            // The application side was faster.
        }

        return true;
    }
}
