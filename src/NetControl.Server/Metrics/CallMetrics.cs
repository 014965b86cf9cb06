using Grpc.Core;
using NetControl.Server.Security;
using NetControl.Server.Security.Files;
using Prometheus;

namespace NetControl.Server.Metrics;

/// <summary>The Prometheus face of gRPC calls and of who may make them; the names of the calls are those of the gRPC ecosystem.</summary>
/// <remarks>Labels come from the method table and from fixed lists: a caller cannot make one.</remarks>
internal sealed class CallMetrics
{
    private static readonly double[] s_buckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];

    private readonly Counter _started;
    private readonly Counter _handled;
    private readonly Histogram _seconds;
    private readonly Counter _authFailures;
    private readonly Counter _tlsFailures;

    public CallMetrics(CollectorRegistry registry)
    {
        MetricFactory make = Prometheus.Metrics.WithCustomRegistry(registry);
        string[] call = ["grpc_type", "grpc_service", "grpc_method"];
        _started = make.CreateCounter("grpc_server_started_total", "Calls that began.", call);
        _handled = make.CreateCounter("grpc_server_handled_total", "Calls that ended, by status code.", [.. call, "grpc_code"]);
        _seconds = make.CreateHistogram("grpc_server_handling_seconds", "How long unary calls took.", call,
            new HistogramConfiguration { Buckets = s_buckets });
        _authFailures = make.CreateCounter("netcontrol_auth_failures_total", "Calls refused because of who called, by reason.", "reason");
        _tlsFailures = make.CreateCounter("netcontrol_tls_handshake_failures_total", "TLS handshakes that failed, by reason.", "reason");
    }

    /// <summary>Adds what is counted elsewhere, and copied when scraped.</summary>
    public static void Export(CollectorRegistry registry, AccessRuntime access)
    {
        MetricFactory make = Prometheus.Metrics.WithCustomRegistry(registry);
        Gauge watchers = make.CreateGauge("netcontrol_watchers", "Open streams of all callers.");
        Gauge? expiry = access.Tls is null ? null : make.CreateGauge("netcontrol_certificate_expiry_timestamp_seconds",
            "Until when the server's certificate is valid, in Unix time.");
        Counter reloads = make.CreateCounter("netcontrol_file_reloads_total",
            "Changed files (certificates, tokens) that came into force, or could not be used.", "files", "result");
        Counter lines = make.CreateCounter("netcontrol_audit_lines_total", "Lines of the audit log: written, lost to the disk, or "
            + "suppressed because unknown callers made too many.", "result");
        registry.AddBeforeCollectCallback(() =>
        {
            watchers.Set(access.Budgets.Watchers);
            expiry?.Set(access.Tls!.Material.NotAfter.ToUnixTimeSeconds());
            foreach (FileReloader reloader in access.Reloaders)
            {
                reloads.WithLabels(reloader.Name, "ok").IncTo(reloader.Succeeded);
                reloads.WithLabels(reloader.Name, "failed").IncTo(reloader.Failed);
            }

            lines.WithLabels("written").IncTo(access.Audit.Written);
            lines.WithLabels("lost").IncTo(access.Audit.Lost);
            lines.WithLabels("suppressed").IncTo(access.Audit.Suppressed);
        });
    }

    public void Started(MethodRule rule) => _started.WithLabels(rule.Type, rule.Service, rule.Name).Inc();

    public void Handled(MethodRule rule, StatusCode code, TimeSpan time)
    {
        _handled.WithLabels(rule.Type, rule.Service, rule.Name, code.ToString()).Inc();
        if (!rule.IsStream)
        {
            _seconds.WithLabels(rule.Type, rule.Service, rule.Name).Observe(time.TotalSeconds);
        }
    }

    public void AuthFailed(string reason) => _authFailures.WithLabels(reason.ToLowerInvariant()).Inc();

    public void HandshakeFailed(string reason) => _tlsFailures.WithLabels(reason).Inc();
}
