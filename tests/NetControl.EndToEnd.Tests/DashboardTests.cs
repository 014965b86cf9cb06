using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using NetControl.Testing.Proxies;

namespace NetControl.EndToEnd.Tests;

/// <summary>A real Prometheus scrapes a real netcontrold: what the chart's dashboard asks for is there, and its rules load.</summary>
public sealed class DashboardTests
{
    private const string Prometheus = "127.0.0.1:9090";

    [Fact]
    public async Task EveryPanel_FindsData()
    {
        await using World world = World.Create();
        world.StartServers();
        Socks5Server socks = world.StartSocks5();
        await world.StartDaemonAsync(world.Configuration($"socks5://{socks.EndPoint}"));
        StartPrometheus(world);
        await World.WaitForPortAsync(world.Client, new IPEndPoint(IPAddress.Loopback, 9090));
        (string Title, string Expression)[] panels = Panels();
        Assert.True(panels.Length > 15);
        List<string> missing = [];
        for (int round = 0; round < 60; round++)
        {
            await MakeTrafficAsync(world);
            missing.Clear();
            foreach ((string title, string expression) in panels)
            {
                if (!HasData(world, expression))
                {
                    missing.Add($"{title}: {expression}");
                }
            }

            if (missing.Count == 0)
            {
                break;
            }
        }

        Assert.Empty(missing);
        string rules = world.Execute("curl", "-sS", $"http://{Prometheus}/api/v1/rules");
        Assert.Contains("NetControlUpstreamDown", rules, StringComparison.Ordinal);
        Assert.DoesNotContain("\"health\":\"err\"", rules, StringComparison.Ordinal);
        Assert.Equal(0, await world.Daemon.TerminateAsync());
    }

    private static void StartPrometheus(World world)
    {
        string file = Path.Combine(world.Folder, "prometheus.yml");
        File.WriteAllText(file, $"""
            global: {"{"}scrape_interval: 250ms, evaluation_interval: 1s{"}"}
            rule_files: ["{Path.Combine(Chart, "rules.yaml")}"]
            scrape_configs:
              - job_name: netcontrol
                static_configs:
                  - targets: ["127.0.0.1:9464"]
                    labels: {"{"}namespace: egress, pod: app-0{"}"}

            """);
        world.Run(world.Client, "prometheus", $"--config.file={file}", $"--storage.tsdb.path={Path.Combine(world.Folder, "tsdb")}",
            $"--web.listen-address={Prometheus}", "--log.level=error");
    }

    // A session that ends well, one of UDP, one whose dial is refused, and changes to store.
    private static async Task MakeTrafficAsync(World world)
    {
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        using Socket udp = world.Udp();
        await udp.ConnectAsync(World.Echo4);
        await udp.EchoAsync();
        using Socket refused = world.Tcp();
        await Assert.ThrowsAnyAsync<SocketException>(() => refused.ConnectAsync(new IPEndPoint(World.Echo4.Address, 9)));
        Protocol.V1.Proxy proxy = (await world.Api.Proxies.CreateProxyAsync(new Protocol.V1.CreateProxyRequest { Proxy = new() })).Proxy;
        await world.Api.Proxies.DeleteProxyAsync(new Protocol.V1.DeleteProxyRequest { Name = proxy.Name });
    }

    private static bool HasData(World world, string expression)
    {
        string answer = world.Execute("curl", "-sS", "--get", $"http://{Prometheus}/api/v1/query", "--data-urlencode", $"query={expression}");
        using JsonDocument document = JsonDocument.Parse(answer);
        Assert.True(document.RootElement.GetProperty("status").GetString() == "success", $"{expression}: {answer}");
        return document.RootElement.GetProperty("data").GetProperty("result").EnumerateArray().Any(series =>
            double.TryParse(series.GetProperty("value")[1].GetString(), CultureInfo.InvariantCulture, out double value) && !double.IsNaN(value));
    }

    private static (string Title, string Expression)[] Panels()
    {
        using JsonDocument dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Chart, "dashboard.json")));
        return
        [
            .. from panel in dashboard.RootElement.GetProperty("panels").EnumerateArray()
               where panel.TryGetProperty("targets", out _)
               from target in panel.GetProperty("targets").EnumerateArray()
               select (panel.GetProperty("title").GetString()!, target.GetProperty("expr").GetString()!
                   .Replace("$namespace", ".*", StringComparison.Ordinal).Replace("$pod", ".*", StringComparison.Ordinal)
                   .Replace("$__rate_interval", "30s", StringComparison.Ordinal)),
        ];
    }

    // artifacts/bin/<project>/<configuration>/ holds the tests; the chart is in the repository around it.
    private static string Chart => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../charts/netcontrol/files"));
}
