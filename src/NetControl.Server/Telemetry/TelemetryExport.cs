using NetControl.ControlPlane.Mutations;
using NetControl.Server.Hosting;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace NetControl.Server.Telemetry;

/// <summary>Sends spans and log records to an OpenTelemetry collector.</summary>
/// <remarks>Made only where it is configured. Lifetime: the process; disposal sends what is left, for at most a few seconds.</remarks>
internal sealed class TelemetryExport : IDisposable
{
    private const int ExportTimeoutMilliseconds = 3000; // Also what the end of the process may wait for.
    private readonly TracerProvider _traces;
    private readonly ILoggerFactory _logs;

    private TelemetryExport(TracerProvider traces, ILoggerFactory logs)
    {
        _traces = traces;
        _logs = logs;
    }

    public static TelemetryExport? Start(TelemetrySettings? settings)
    {
        if (settings is null)
        {
            return null;
        }

        ResourceBuilder resource = ResourceBuilder.CreateDefault()
            .AddService("netcontrold", serviceVersion: BuildInfo.Version)
            .AddEnvironmentVariableDetector()
            .AddAttributes(settings.ResourceAttributes.Select(a => new KeyValuePair<string, object>(a.Key, a.Value)));
        TracerProvider traces = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource(CallTracing.SourceName, MutationTrace.SourceName)
            .AddOtlpExporter(options => Set(options, settings, "v1/traces"))
            .Build();
        ILoggerFactory logs = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddOpenTelemetry(options =>
        {
            options.SetResourceBuilder(resource);
            options.IncludeFormattedMessage = true;
            options.AddOtlpExporter(exporter => Set(exporter, settings, "v1/logs"));
        }));
        return new TelemetryExport(traces, logs);
    }

    public ILogger CreateLogger(string category) => _logs.CreateLogger(category);

    public void Dispose()
    {
        _logs.Dispose();
        _traces.Dispose();
    }

    private static void Set(OtlpExporterOptions options, TelemetrySettings settings, string path)
    {
        options.TimeoutMilliseconds = ExportTimeoutMilliseconds;
        if (settings.Endpoint is null)
        {
            return;
        }

        options.Protocol = settings.IsHttp ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        options.Endpoint = settings.IsHttp ? new Uri($"{settings.Endpoint.ToString().TrimEnd('/')}/{path}") : settings.Endpoint;
        if (settings.Headers.Count > 0)
        {
            options.Headers = string.Join(',', settings.Headers.Select(h => $"{h.Key}={Uri.EscapeDataString(h.Value)}"));
        }
    }
}
