namespace NetControl.Server.Telemetry;

/// <summary>Where traces and logs go.</summary>
internal sealed record TelemetrySettings
{
    /// <summary>The collector; null leaves it to the environment.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>OTLP over HTTP instead of gRPC; only with <see cref="Endpoint"/>.</summary>
    public bool IsHttp { get; init; }

    /// <summary>Sent with every request; secrets.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What describes this process.</summary>
    public IReadOnlyDictionary<string, string> ResourceAttributes { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What the environment asks for; null is nothing.</summary>
    public static TelemetrySettings? OfEnvironment(Func<string, string?> read)
    {
        string[] endpoints = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"];
        return endpoints.Any(name => !string.IsNullOrEmpty(read(name))) ? new TelemetrySettings() : null;
    }

    /// <summary>What is in force: the file's settings before the environment's, and nothing where OpenTelemetry is switched off.</summary>
    public static TelemetrySettings? Choose(TelemetrySettings? configured, Func<string, string?> read) =>
        string.Equals(read("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase) ? null : configured ?? OfEnvironment(read);
}
