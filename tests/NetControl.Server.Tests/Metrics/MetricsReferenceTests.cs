using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using NetControl.Server.Metrics;
using NetControl.Server.Tests.Gateway;
using NetControl.Server.Tests.Security;
using NetControl.Testing.Certificates;
using Prometheus;

namespace NetControl.Server.Tests.Metrics;

/// <summary>charts/netcontrol/METRICS.md: every metric with its labels and what it counts, and every alert.</summary>
public sealed partial class MetricsReferenceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netcontrol").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Reference_IsWhatIsServed()
    {
        using TestAuthority authority = new("servers");
        authority.WriteServer(Path.Combine(_folder, "tls.crt"), Path.Combine(_folder, "tls.key")).Dispose();
        await using SecureServer server = await SecureServer.StartAsync($$"""
            listen:
              grpc: ["https://127.0.0.1:0"]
              http: "http://127.0.0.1:0"
              tls: {certificateFile: "{{_folder}}/tls.crt", keyFile: "{{_folder}}/tls.key"}
            """);
        using HttpClient http = new();
        string metrics = await http.GetStringAsync(new Uri($"{server.HttpUrl}/metrics"));
        Dictionary<string, string> types = Types().Matches(metrics).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["type"].Value, StringComparer.Ordinal);
        Dictionary<string, string> labels = Labels(server.Exported);
        StringBuilder text = new("""
            # Metrics and alerts

            Served on `listen.http` at `/metrics`, as Prometheus text or OpenMetrics. Made by a test (`NETCONTROL_UPDATE_GOLDEN=1`). No label can grow with
            traffic. Beside these there are the runtime's `process_*` and `dotnet_*`.

            | metric | type | labels | |
            |---|---|---|---|

            """);
        foreach (Match help in Helps().Matches(metrics).OrderBy(m => m.Groups["name"].Value, StringComparer.Ordinal))
        {
            string name = help.Groups["name"].Value;
            text.Append("| `").Append(name).Append("` | ").Append(types[name]).Append(" | ").Append(labels.GetValueOrDefault(name, "")).Append(" | ")
                .Append(help.Groups["text"].Value).Append(" |\n");
        }

        text.Append("\n| alert | severity | |\n|---|---|---|\n");
        string rules = await File.ReadAllTextAsync(Path.Combine(ProtoComments.Folder, "../charts/netcontrol/files/rules.yaml"));
        MatchCollection alerts = Alerts().Matches(rules);
        foreach (Match alert in alerts)
        {
            string name = alert.Groups["name"].Value;
            text.Append("| [").Append(name).Append("](RUNBOOKS.md#").Append(name.ToLowerInvariant()).Append(") | ").Append(alert.Groups["severity"].Value).Append(" | ")
                .Append(Variables().Replace(alert.Groups["text"].Value, "...")).Append(" |\n");
        }

        GoldenFile.Check("charts/netcontrol/METRICS.md", text.ToString());
        Assert.True(alerts.Count > 10);
    }

    [GeneratedRegex(@"^# HELP (?<name>(netcontrol|grpc)_\w+) (?<text>.*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Helps();

    [GeneratedRegex(@"^# TYPE (?<name>\w+) (?<type>\w+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Types();

    [GeneratedRegex(@"- alert: (?<name>\w+)\n(.*\n)*?.*severity: (?<severity>\w+).*\n(.*\n)*?.*summary: ""(?<text>.*)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Alerts();

    [GeneratedRegex(@"\{\{.*?\}\}")]
    private static partial Regex Variables();

    // What has no value yet shows no labels: the collectors know.
    private static Dictionary<string, string> Labels(EngineMetrics metrics)
    {
        Dictionary<string, string> labels = new(StringComparer.Ordinal);
        Queue<object> waiting = new([metrics]);
        HashSet<object> seen = new(ReferenceEqualityComparer.Instance);
        while (waiting.TryDequeue(out object? part))
        {
            foreach (FieldInfo field in part.GetType().GetFields(BindingFlags.Instance | BindingFlags.NonPublic))
            {
                object? value = field.GetValue(part);
                if (value is Collector collector)
                {
                    labels[collector.Name] = string.Join(", ", collector.LabelNames);
                }
                else if (value?.GetType().Namespace == typeof(EngineMetrics).Namespace && seen.Add(value!))
                {
                    waiting.Enqueue(value!);
                }
            }
        }

        return labels;
    }
}
