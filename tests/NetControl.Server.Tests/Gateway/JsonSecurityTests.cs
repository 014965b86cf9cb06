using System.Net;
using System.Text.Json;
using NetControl.Server.Security;
using NetControl.Server.Security.Tokens;
using NetControl.Server.Tests.Security;

namespace NetControl.Server.Tests.Gateway;

/// <summary>JSON over real sockets: who calls, and what they may, is what it is for gRPC.</summary>
public sealed class JsonSecurityTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netcontrol").FullName;
    private readonly string _viewer = TokenSecret.Create();
    private readonly string _admin = TokenSecret.Create();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Role_DecidesJustAsForGrpc_AndTheAuditLogSaysWhatWasDone()
    {
        await using SecureServer server = await StartAsync();
        Assert.Equal((401, "CREDENTIALS_MISSING"), await CallAsync(server, "GET", "/v1/devices", null));
        Assert.Equal((401, "CREDENTIALS_INVALID"), await CallAsync(server, "GET", "/v1/devices", "nct_wrong"));
        Assert.Equal((200, ""), await CallAsync(server, "GET", "/v1/devices", _viewer));
        Assert.Equal((403, "ROLE_TOO_LOW"), await CallAsync(server, "DELETE", "/v1/devices/tun0?force=true", _viewer));
        Assert.Equal((403, "ROLE_TOO_LOW"), await CallAsync(server, "DELETE", "/v1/devices/none", _viewer));
        Assert.Equal((404, "NOT_FOUND"), await CallAsync(server, "DELETE", "/v1/devices/none", _admin));
        Assert.Equal((200, ""), await CallAsync(server, "DELETE", "/v1/devices/tun0?force=true", _admin));
        string[] audit = await File.ReadAllLinesAsync(Path.Combine(_folder, "audit.jsonl"));
        Assert.All(audit, line => Assert.Contains("/netcontrol.v1.DeviceService/DeleteDevice", line, StringComparison.Ordinal));
        Assert.Equal(4, audit.Length);
        Assert.Equal(2, server.Metrics().Sum("netcontrol_auth_failures_total", ("reason", "role_too_low")));
    }

    [Fact]
    public async Task OtherListeners_ServeNoJson()
    {
        await using SecureServer server = await StartAsync();
        using HttpClient http = new();
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync($"{server.HttpUrl}/v1/devices")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync($"{server.HttpUrl}/openapi.json")).StatusCode);
        using HttpRequestMessage request = new(HttpMethod.Get, $"{server.Urls[0]}/v1/devices")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await http.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task NameThatAPageMadePointHere_IsRefused()
    {
        await using SecureServer server = await StartAsync();
        using HttpClient http = new();
        using HttpRequestMessage request = new(HttpMethod.Get, $"{server.JsonUrls[0]}/v1/devices");
        request.Headers.Host = "rebound.example:9465";
        request.Headers.Authorization = new("Bearer", _admin);
        using HttpResponseMessage response = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task Watcher_IsCountedAsOne_AndEndsWithItsToken()
    {
        await using SecureServer server = await StartAsync();
        using HttpClient http = new();
        http.DefaultRequestHeaders.Authorization = new("Bearer", _viewer);
        using HttpResponseMessage response = await http.GetAsync(
            $"{server.JsonUrls[0]}/v1/sessions:streamEvents", HttpCompletionOption.ResponseHeadersRead);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync());
        Assert.Contains("start", await reader.ReadLineAsync(), StringComparison.Ordinal);
        WriteTokens(("admin", Role.Admin, _admin));
        server.LookAtFiles();
        string last = "";
        while (await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)) is { } line)
        {
            last = line;
        }

        Assert.Contains("CREDENTIALS_EXPIRED", last, StringComparison.Ordinal);
        Assert.StartsWith("{\"error\": {", last, StringComparison.Ordinal);
    }

    private async Task<SecureServer> StartAsync()
    {
        WriteTokens(("viewer", Role.Viewer, _viewer), ("admin", Role.Admin, _admin));
        return await SecureServer.StartAsync($"""
            listen:
              grpc: ["http://127.0.0.1:0"]
              json: ["http://127.0.0.1:0"]
              http: "http://127.0.0.1:0"
              tokenFile: "{_folder}/tokens"
            audit:
              file: "{_folder}/audit.jsonl"
            """);
    }

    private void WriteTokens(params (string Name, Role Role, string Secret)[] tokens)
    {
        string path = Path.Combine(_folder, "tokens");
        File.WriteAllLines(path, tokens.Select(t => TokenFile.Format(new TokenEntry(t.Name, t.Role, TokenSecret.Hash(t.Secret), null))));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static async Task<(int Status, string Reason)> CallAsync(SecureServer server, string verb, string path, string? token)
    {
        using HttpClient http = new();
        using HttpRequestMessage request = new(new HttpMethod(verb), server.JsonUrls[0] + path);
        request.Headers.Authorization = token is null ? null : new("Bearer", token);
        using HttpResponseMessage response = await http.SendAsync(request);
        JsonElement body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        return ((int)response.StatusCode, response.IsSuccessStatusCode ? "" : body.Reason());
    }
}
