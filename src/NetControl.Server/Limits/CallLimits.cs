namespace NetControl.Server.Limits;

/// <summary>How much of the server callers may take; the defaults are those of listen.proto.</summary>
internal sealed record CallLimits
{
    public int MaxMessageBytes { get; init; } = 4 << 20;

    public int MaxStreamsPerConnection { get; init; } = 1000;

    public int MaxConnections { get; init; } = 1024;

    public int MaxWatchersPerCaller { get; init; } = 100;

    public int MaxWatchers { get; init; } = 1000;

    public TimeSpan UnaryTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public int CallsPerSecond { get; init; } = 5000;

    public int CallBurst { get; init; } = 10_000;

    public TimeSpan KeepaliveTime { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan KeepaliveTimeout { get; init; } = TimeSpan.FromSeconds(20);

    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(130);

    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
