namespace NetControl.Network;

/// <summary>Options of a <see cref="HappyEyeballsStreamDialer"/>; the defaults are those of RFC 8305 section 8.</summary>
public sealed record HappyEyeballsOptions
{
    /// <summary>How long IPv4 addresses wait for the first IPv6 address while a lookup is under way: 50 ms.</summary>
    public TimeSpan ResolutionDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long an attempt is alone before the next begins: 250 ms.</summary>
    public TimeSpan AttemptDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The clock and the timers; an event loop's where dials are made on loops.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
