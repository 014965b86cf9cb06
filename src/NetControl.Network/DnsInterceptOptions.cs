namespace NetControl.Network;

/// <summary>Options of a <see cref="DnsInterceptPacketProxy"/>.</summary>
public sealed record DnsInterceptOptions
{
    /// <summary>The default time a query waits for its answer: 10 seconds, two tries of a usual client.</summary>
    public static readonly TimeSpan DefaultQueryTimeout = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _queryTimeout = DefaultQueryTimeout;
    private readonly int _maxPendingQueries = 128;

    /// <summary>How long a query's own session lives without an answer.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not greater than zero.</exception>
    public TimeSpan QueryTimeout
    {
        get => _queryTimeout;
        init => _queryTimeout = value > TimeSpan.Zero
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "the query timeout must be greater than 0");
    }

    /// <summary>How many queries of one session may wait at a time, 1 or more; a further one is dropped, as UDP may.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not greater than zero.</exception>
    public int MaxPendingQueries
    {
        get => _maxPendingQueries;
        init => _maxPendingQueries = value > 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "at least one query must be allowed to wait");
    }

    /// <summary>The clock and the timers. A loop's own provider keeps a query's expiry on its loop.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
