namespace NetControl.Transport.Dns;

/// <summary>The bounds of a <see cref="DnsCache"/>.</summary>
public sealed record DnsCacheOptions
{
    /// <summary>How many answers are kept; the one that was used least recently gives way.</summary>
    public int Capacity { get; init; } = 1000;

    /// <summary>The longest an answer is kept, whatever its records say.</summary>
    public TimeSpan MaxTtl { get; init; } = TimeSpan.FromDays(1);

    /// <summary>The longest a "no" is kept, whatever its SOA record says (RFC 2308 section 5 advises one to three hours).</summary>
    public TimeSpan MaxNegativeTtl { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long an answer that is past its time may still be given while the resolver does not answer (RFC 8767); zero: not at all.</summary>
    public TimeSpan MaxStale { get; init; } = TimeSpan.Zero;

    /// <summary>Counts what the cache does, beside others; one of its own if null.</summary>
    public DnsMeter? Meter { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
