using NetControl.ControlPlane;
using NetControl.ControlPlane.Devices;
using NetControl.Server.Metrics;
using Prometheus;

namespace NetControl.Server.Hosting;

/// <summary>The three HTTP paths: /metrics, /healthz, /readyz.</summary>
internal static class HttpFace
{
    public static void Map(WebApplication app, NetControlPlane plane)
    {
        EngineMetrics metrics = app.Services.GetRequiredService<EngineMetrics>();
        app.MapGet("/metrics", context => WriteMetricsAsync(context, metrics));
        app.MapGet("/healthz", context => context.Response.WriteAsync("ok\n", context.RequestAborted));
        app.MapGet("/readyz", context => WriteReadinessAsync(context, plane));
    }

    private static Task WriteMetricsAsync(HttpContext context, EngineMetrics metrics)
    {
        bool openMetrics = context.Request.Headers.Accept.ToString().Contains("application/openmetrics-text",
            StringComparison.OrdinalIgnoreCase);
        context.Response.ContentType = openMetrics ? PrometheusConstants.OpenMetricsContentTypeWithVersionAndEncoding
            : PrometheusConstants.TextContentTypeWithVersionAndEncoding;
        ExpositionFormat format = openMetrics ? ExpositionFormat.OpenMetricsText : ExpositionFormat.PrometheusText;
        return metrics.Registry.CollectAndExportAsTextAsync(context.Response.Body, format, context.RequestAborted);
    }

    private static Task WriteReadinessAsync(HttpContext context, NetControlPlane plane)
    {
        IReadOnlyList<DeviceView> devices = plane.Devices.All();
        bool ready = Readiness.Of(plane);
        context.Response.StatusCode = ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        IEnumerable<string> lines = devices.Select(device => $"{device.Meta.Name} {device.Phase.ToString().ToUpperInvariant()}\n")
            .Concat(plane.Delegates.All().Where(Readiness.Fails).Select(way => $"{way.Meta.Name} {way.Proxy} UNHEALTHY\n"));
        string head = ready ? "ok\n" : plane.ShuttingDown ? "shutting down\n" : "not ready\n";
        return context.Response.WriteAsync(head + string.Concat(lines), context.RequestAborted);
    }
}
