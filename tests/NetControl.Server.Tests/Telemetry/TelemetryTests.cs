using System.Text;
using System.Text.Json;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using NetControl.Protocol.V1;
using NetControl.Server.Configuration;
using NetControl.Server.Logging;
using NetControl.Server.Telemetry;

namespace NetControl.Server.Tests.Telemetry;

public sealed class TelemetryTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string Secret = "pa55word";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CallsAndLogs_ReachTheCollector_WithTheCallersTrace_AndWithoutSecrets(bool http)
    {
        await using OtlpReceiver receiver = await OtlpReceiver.StartAsync(http);
        TelemetrySettings settings = ConfigurationLoader.Load($$"""
            telemetry:
              otlp:
                endpoint: "{{receiver.Url}}"
                protocol: {{(http ? "PROTOCOL_HTTP_PROTOBUF" : "PROTOCOL_GRPC")}}
                headers: { authorization: "Bearer collector-token" }
                resourceAttributes: { k8s.pod.name: pod-7 }
            """).Telemetry!;
        using (TelemetryExport export = TelemetryExport.Start(settings)!)
        using (ExportingLoggerProvider logs = new(new EverythingProvider(), export))
        await using (TestServer server = await TestServer.StartAsync(traces: true, logs: logs))
        {
            Metadata headers = new() { { "traceparent", $"00-{TraceId}-b7ad6b7169203331-01" } };
            await server.Proxies.CreateProxyAsync(
                new CreateProxyRequest { ProxyId = "s", Proxy = new Proxy { Config = $"socks5://user:{Secret}@h:1080" } }, headers);
            using HttpRequestMessage request = new(HttpMethod.Get, "/v1/devices/none");
            request.Headers.Add("traceparent", $"00-{TraceId}-b7ad6b7169203331-01");
            using HttpResponseMessage response = await server.Http.SendAsync(request);
            logs.CreateLogger("NetControl.Test").LogWarning("told {What}", "once");
        }

        string spans = receiver.Content("trace");
        Assert.All(
            ["netcontrol.v1.ProxyService/CreateProxy", "netcontrol.v1.DeviceService/GetDevice", "rpc.system", "rpc.service", "rpc.method",
                "rpc.grpc.status_code", "prepare", "store", "take effect", "netcontrold", "pod-7", Bytes(TraceId)],
            word => Assert.Contains(word, spans, StringComparison.Ordinal));
        Assert.Contains("told once", receiver.Content("log"), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, receiver.Content(""), StringComparison.Ordinal);
        Assert.DoesNotContain("collector-token", receiver.Content(""), StringComparison.Ordinal);
        Assert.All(receiver.Authorizations, a => Assert.Equal("Bearer collector-token", a));
    }

    [Fact]
    public void Settings_ComeFromTheFileThenFromTheEnvironment_AndElseThereAreNone()
    {
        TelemetrySettings file = new() { Endpoint = new Uri("http://a:4317") };
        Assert.Null(TelemetrySettings.Choose(null, _ => null));
        Assert.Same(file, TelemetrySettings.Choose(file, _ => "http://b:4317"));
        Assert.NotNull(TelemetrySettings.Choose(null, name => name == "OTEL_EXPORTER_OTLP_ENDPOINT" ? "http://b:4317" : null));
        Assert.Null(TelemetrySettings.Choose(file, name => name == "OTEL_SDK_DISABLED" ? "true" : null));
        Assert.Null(TelemetryExport.Start(null));
    }

    [Fact]
    public void Endpoint_ThatIsNone_IsRefused()
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load("telemetry: { otlp: { endpoint: collector } }"));
        Assert.Contains("telemetry.otlp.endpoint: \"collector\"", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void JsonLine_IsOneObject_WithFieldsAndTheTrace()
    {
        using MemoryStream stream = new();
        using System.Diagnostics.Activity activity = new System.Diagnostics.Activity("call").Start();
        using (LogWriter writer = new(stream, json: true))
        {
            writer.Write(DateTimeOffset.UnixEpoch, LogLevel.Warning, "NetControl", "two\nlines \"quoted\" ż",
                [new("DeviceName", "tun0"), new("Count", 5), new("{OriginalFormat}", "x")], new InvalidOperationException("a\nb"));
            string[] lines = Encoding.UTF8.GetString(stream.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            JsonElement line = JsonDocument.Parse(Assert.Single(lines)).RootElement;
            Assert.Equal(("1970-01-01T00:00:00.000Z", "warn", "two\nlines \"quoted\" ż", "tun0", activity.TraceId.ToHexString(), activity.SpanId.ToHexString()),
                (line.GetProperty("time").GetString(), line.GetProperty("level").GetString(), line.GetProperty("message").GetString(),
                    line.GetProperty("device_name").GetString(), line.GetProperty("trace_id").GetString(), line.GetProperty("span_id").GetString()));
            Assert.Contains("a\nb", line.GetProperty("exception").GetString(), StringComparison.Ordinal);
        }
    }

    private static string Bytes(string hex) => Encoding.Latin1.GetString(Convert.FromHexString(hex));

    private sealed class EverythingProvider : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => new Everything();

        public void Dispose()
        {
        }

        private sealed class Everything : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
            }
        }
    }
}
