using System.Diagnostics;
using System.Text.Json;
using NetControl.Testing;
using NetControl.Testing.Origin;

namespace NetControl.EndToEnd.Tests;

/// <summary>Orchestrators that are not ours: <c>buf curl</c> by reflection, a Node client made from the protos, and curl with JSON.</summary>
public sealed class ForeignClientTests
{
    [Fact]
    public async Task NodeClient_MadeFromTheProtos_CreatesAttachesSwapsAndWatches()
    {
        string node = ForeignTools.Install();
        await using World world = World.Create();
        world.StartServers();
        await world.StartDaemonAsync(world.Configuration(""));
        using Process client = Process.Start(new ProcessStartInfo("node",
            [Path.Combine(node, "client.mjs"), $"unix:{world.SocketPath}", Path.Combine(ForeignTools.Root, "protos")])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = client.StandardError.ReadToEndAsync();
        List<JsonElement> said = [];
        await HearAsync(client, said, "ready", errors);
        Assert.Equal(["delegates/foreign", "delegates/foreign"], Values(said, "attached").Select(v => v.GetString()));
        Assert.Equal("STATE_READY", string.Join(',',
            Values(said, "created").Select(v => v.GetProperty("state").GetString())));

        Assert.Equal(Payload.Sha256(1000), await world.DownloadAsync(World.Web4, 1000));
        await client.StandardInput.WriteLineAsync("swap");
        await HearAsync(client, said, "swapped", errors);
        Assert.Equal(("2", "2"), (Values(said, "swapped").Single().GetProperty("generation").GetString(),
            Values(said, "swapped").Single().GetProperty("again").GetString()));
        Assert.Equal(Payload.Sha256(1000), await world.DownloadAsync(World.Web4, 1000));
        while (Values(said, "event").Count(e => e.GetProperty("kind").GetString() == "KIND_CLOSED") < 2)
        {
            await HearAsync(client, said, "event", errors);
        }

        await client.StandardInput.WriteLineAsync("end");
        await HearAsync(client, said, "done", errors);
        await client.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(["1 proxies/one", "2 proxies/two"], Values(said, "event").Where(e => e.GetProperty("kind").GetString() == "KIND_OPENED")
            .Select(e => $"{e.GetProperty("generation").GetString()} {e.GetProperty("proxy").GetString()}"));
        Assert.Contains(Values(said, "change"), c => c.GetProperty("name").GetString() == "delegates/foreign"
            && c.GetProperty("type").GetString() == "TYPE_MODIFIED");
        Assert.Equal((5, 1), (Values(said, "refused").Single().GetProperty("code").GetInt32(),
            Values(said, "refused").Single().GetProperty("details").GetInt32()));
    }

    [Fact]
    [Trait("Category", "Smoke")]
    public async Task BufCurl_ByReflection_ReadsAndChanges()
    {
        string buf = Path.Combine(ForeignTools.Install(), "node_modules/.bin/buf");
        await using World world = World.Create();
        await world.StartDaemonAsync(world.Configuration(""));
        JsonElement info = Buf("InfoService/GetServerInfo", "{}");
        Assert.Equal("0.1.0", info.GetProperty("version").GetString());
        Buf("ProxyService/CreateProxy", """{"proxyId": "b", "proxy": {"config": "socks5://h:1080"}}""");
        JsonElement swap = Buf("DelegateService/SwapDelegate", """{"name": "delegates/egress", "proxy": "proxies/b"}""");
        Assert.Equal("2", swap.GetProperty("generation").GetString());
        CommandResult refused = Curl("DeviceService/GetDevice", """{"name": "devices/none"}""");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("not_found", refused.Error, StringComparison.Ordinal);

        CommandResult Curl(string method, string data) => NetNamespace.RunCommand(buf, "curl", "--http2-prior-knowledge", "--protocol", "grpc",
            "--unix-socket", world.SocketPath, "--data", data, $"http://localhost/netcontrol.v1.{method}");

        JsonElement Buf(string method, string data)
        {
            CommandResult result = Curl(method, data);
            Assert.True(result.ExitCode == 0, result.Error);
            return JsonDocument.Parse(result.Output).RootElement;
        }
    }

    [Fact]
    [Trait("Category", "Smoke")]
    public async Task Curl_WithJson_CreatesAttachesSwapsAndWatches()
    {
        Tools.Require("curl");
        await using World world = World.Create();
        world.StartServers();
        string json = Path.Combine(world.Folder, "json.sock");
        await world.StartDaemonAsync(world.Configuration("").Replace("listen:", $"listen:\n  json: [\"unix:{json}\"]", StringComparison.Ordinal));
        Assert.Equal("proxies/b", Curl("POST", "/v1/proxies?proxy_id=b", "{}").GetProperty("proxy").GetProperty("name").GetString());
        Assert.Equal("delegates/d", Curl("POST", "/v1/delegates?delegate_id=d", """{"proxy": "proxies/b"}""")
            .GetProperty("delegate").GetProperty("name").GetString());
        Assert.Equal("delegates/d", Curl("POST", "/v1/devices/tun0:attachStreamDialer", """{"streamDialer": "delegates/d"}""")
            .GetProperty("device").GetProperty("streamDialer").GetString());
        Assert.Equal("2", Curl("POST", "/v1/delegates/d:swap", """{"proxy": "proxies/a"}""").GetProperty("generation").GetString());
        Assert.Equal(5, Curl("GET", "/v1/devices/none").GetProperty("code").GetInt32());
        Assert.Equal("3.1.0", Curl("GET", "/openapi.json").GetProperty("openapi").GetString());

        CommandResult stream = NetNamespace.RunCommand("curl", "-sN", "--max-time", "2", "--unix-socket", json,
            "http://localhost/v1/sessions:streamEvents?snapshot=true&heartbeat_interval=0.5s");
        string[] lines = stream.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(["start", "snapshotEnd", "heartbeat"], field =>
            Assert.Contains(lines, line => JsonDocument.Parse(line).RootElement.TryGetProperty(field, out _)));

        JsonElement Curl(string verb, string path, string? body = null)
        {
            string[] data = body is null ? [] : ["-H", "Content-Type: application/json", "-d", body];
            CommandResult result = NetNamespace.RunCommand("curl", ["-s", "-X", verb, "--unix-socket", json, .. data, $"http://localhost{path}"]);
            Assert.True(result.ExitCode == 0, result.Error);
            return JsonDocument.Parse(result.Output).RootElement;
        }
    }

    [Fact]
    public void OpenApiDocument_IsValid_SaysAValidatorThatIsNotOurs()
    {
        string node = ForeignTools.Install();
        CommandResult result = NetNamespace.RunCommand("node",
            Path.Combine(node, "node_modules/@seriousme/openapi-schema-validator/bin/validate-api-cli.js"),
            Path.Combine(ForeignTools.Root, "protos/openapi.json"));
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
    }

    private static IEnumerable<JsonElement> Values(List<JsonElement> said, string what) =>
        said.Where(s => s.GetProperty("what").GetString() == what).Select(s => s.GetProperty("value"));

    private static async Task HearAsync(Process client, List<JsonElement> said, string what, Task<string> errors)
    {
        while (true)
        {
            string? line = await client.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.True(line is not null, $"the client ended: {(line is null ? await errors : "")}");
            said.Add(JsonDocument.Parse(line!).RootElement);
            if (said[^1].GetProperty("what").GetString() == what)
            {
                return;
            }
        }
    }
}
