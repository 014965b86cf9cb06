namespace NetControl.Transport.Dns;

/// <summary>What a cache had for a query. Also a metric label (its name in snake case).</summary>
public enum DnsCacheResult
{
    /// <summary>An answer.</summary>
    Hit,

    /// <summary>A "no": there is no such name, or nothing of the type that was asked for.</summary>
    NegativeHit,

    /// <summary>Nothing, or nothing that may still be given: the resolver was asked.</summary>
    Miss,

    /// <summary>An answer past its time, given because the resolver did not answer. The same query was a miss before.</summary>
    Stale,
}
