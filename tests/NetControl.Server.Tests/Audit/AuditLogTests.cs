using System.Text.Json;
using Grpc.Core;
using NetControl.Protocol.V1;
using NetControl.Server.Audit;
using NetControl.Server.Security.Tokens;
using NetControl.Server.Tests.Security;
using Role = NetControl.Server.Security.Role;

namespace NetControl.Server.Tests.Audit;

public sealed class AuditLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netcontrol").FullName;
    private readonly string _viewer = TokenSecret.Create();
    private readonly string _admin = TokenSecret.Create();

    private string LogPath => Path.Combine(_folder, "audit.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task EveryAttemptToChange_LeavesALine_AndReadsDoNot()
    {
        await using SecureServer server = await StartAsync();
        ProxyService.ProxyServiceClient admin = new(server.Connect(token: _admin));
        ProxyService.ProxyServiceClient viewer = new(server.Connect(token: _viewer));
        ProxyService.ProxyServiceClient stranger = new(server.Connect());
        Proxy proxy = new() { Config = "socks5://user:hunter2@192.0.2.1:1080" };
        string id = Guid.NewGuid().ToString();
        await admin.CreateProxyAsync(new CreateProxyRequest { ProxyId = "new", Proxy = proxy, RequestId = id });
        await admin.ListProxiesAsync(new ListProxiesRequest());
        await SecureServer.OutcomeAsync(async () => await viewer.DeleteProxyAsync(new DeleteProxyRequest { Name = "proxies/new" }));
        await SecureServer.OutcomeAsync(async () => await stranger.DeleteProxyAsync(new DeleteProxyRequest { Name = "proxies/new" }));
        await SecureServer.OutcomeAsync(async () => await admin.DeleteProxyAsync(new DeleteProxyRequest { Name = "proxies/none", ValidateOnly = true }));
        await SecureServer.OutcomeAsync(async () => await admin.CreateProxyAsync(new CreateProxyRequest { Proxy = new Proxy { Config = "socks5://hunter2" } }));

        string text = await File.ReadAllTextAsync(LogPath);
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
        JsonElement[] lines = [.. text.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(
            [
                ("token:boss", "bearer_token", "admin", "/netcontrol.v1.ProxyService/CreateProxy", "proxies/new", "OK", ""),
                ("token:eye", "bearer_token", "viewer", "/netcontrol.v1.ProxyService/DeleteProxy", "proxies/new", "PERMISSION_DENIED", "ROLE_TOO_LOW"),
                ("", "", "none", "/netcontrol.v1.ProxyService/DeleteProxy", "", "UNAUTHENTICATED", "CREDENTIALS_MISSING"),
                ("token:boss", "bearer_token", "admin", "/netcontrol.v1.ProxyService/DeleteProxy", "proxies/none", "NOT_FOUND", "NOT_FOUND"),
                ("token:boss", "bearer_token", "admin", "/netcontrol.v1.ProxyService/CreateProxy", "", "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
            ],
            lines.Select(l => (Text(l, "caller", "identity"), Text(l, "caller", "method"), Text(l, "caller", "role"), Text(l, "rpc"),
                Text(l, "resource"), Text(l, "code"), Text(l, "reason"))));
        Assert.Equal(id, Text(lines[0], "requestId"));
        Assert.Equal("socks5://REDACTED@192.0.2.1:1080", Text(lines[0], "request", "proxy", "config"));
        Assert.StartsWith("127.0.0.1:", Text(lines[0], "caller", "address"), StringComparison.Ordinal);
        Assert.True(lines[0].GetProperty("durationMs").GetDouble() >= 0);
        JsonElement change = Assert.Single(lines[0].GetProperty("changes").EnumerateArray());
        Assert.Equal(("proxies/new", JsonValueKind.Null), (Text(change, "resource"), change.GetProperty("before").ValueKind));
        Assert.Equal("socks5://REDACTED@192.0.2.1:1080", Text(change, "after", "config"));
        Assert.Equal(("CALL", ""), (Text(lines[0], "cause"), Text(lines[0], "why")));
        Assert.All(lines[1..], line => Assert.Equal(0, line.GetProperty("changes").GetArrayLength()));
        Assert.True(lines[3].GetProperty("validateOnly").GetBoolean());
        Assert.Equal("REDACTED", Text(lines[4], "request", "proxy", "config"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(LogPath));
        Assert.Equal(5, server.Metrics().Sum("netcontrol_audit_lines_total", ("result", "written")));
    }

    [Fact]
    public async Task NameThatTheServerChose_IsInTheLine()
    {
        await using SecureServer server = await StartAsync();
        CreateProxyResponse made = await new ProxyService.ProxyServiceClient(server.Connect(token: _admin)).CreateProxyAsync(
            new CreateProxyRequest { Proxy = new Proxy() });
        Assert.Contains($"\"resource\":\"{made.Proxy.Name}\"", await File.ReadAllTextAsync(LogPath), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Strangers_CannotFillTheDisk()
    {
        await using SecureServer server = await StartAsync();
        ProxyService.ProxyServiceClient stranger = new(server.Connect());
        for (int i = 0; i < 200; i++)
        {
            await SecureServer.OutcomeAsync(async () => await stranger.DeleteProxyAsync(new DeleteProxyRequest { Name = "proxies/a" }));
        }

        long written = server.Metrics().Sum("netcontrol_audit_lines_total", ("result", "written"));
        long suppressed = server.Metrics().Sum("netcontrol_audit_lines_total", ("result", "suppressed"));
        Assert.Equal(200, written + suppressed);
        Assert.True(suppressed > 0, $"{written} were written");
    }

    [Fact]
    public void FileThatWasRenamedRemovedOrCutShort_IsFollowed()
    {
        using AuditFile file = AuditFile.Open(LogPath);
        file.Append("one\n"u8);
        File.Move(LogPath, LogPath + ".1");
        file.Append("two\n"u8);
        Assert.Equal(("one\n", "two\n"), (File.ReadAllText(LogPath + ".1"), File.ReadAllText(LogPath)));

        File.Delete(LogPath);
        file.Append("three\n"u8);
        Assert.Equal("three\n", File.ReadAllText(LogPath));

        File.Move(LogPath, LogPath + ".1", overwrite: true);
        File.WriteAllText(LogPath, "somebody made it anew\n");
        file.Append("four\n"u8);
        Assert.Equal("somebody made it anew\nfour\n", File.ReadAllText(LogPath));

        using (FileStream cut = new(LogPath, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            cut.SetLength(0);
        }

        file.Append("five\n"u8);
        Assert.Equal("five\n", File.ReadAllText(LogPath));
        file.Reopen();
        file.Append("six\n"u8);
        Assert.Equal("five\nsix\n", File.ReadAllText(LogPath));
    }

    [Fact]
    public void LargeRequest_IsLeftOutOfItsLine()
    {
        CloseSessionsRequest request = new() { Names = { Enumerable.Range(0, 2000).Select(i => $"devices/tun0/sessions/s{i}") } };
        byte[] line = AuditLine.Format(new AuditEntry
        {
            Time = DateTimeOffset.UnixEpoch,
            Caller = null,
            Address = "unknown",
            Rpc = "/x",
            Code = StatusCode.OK,
            Request = request,
            Changes = [new Server.Audit.AuditChange("proxies/a", new Proxy { Name = "proxies/a", Config = "socks5://u:hunter2@h:1" }, null)],
        });
        JsonElement root = JsonDocument.Parse(line).RootElement;
        Assert.True(line.Length < 2000 && root.GetProperty("request").GetProperty("truncatedBytes").GetInt32() > 16384);
        Assert.Equal("socks5://REDACTED@h:1", Text(root.GetProperty("changes")[0], "before", "config"));
        Assert.Equal(JsonValueKind.Null, root.GetProperty("changes")[0].GetProperty("after").ValueKind);
    }

    [Fact]
    public async Task PlaceThatCannotBeWritten_IsAnErrorAtStart()
    {
        var e = await Assert.ThrowsAsync<Server.Configuration.ConfigurationException>(() => SecureServer.StartAsync("audit: {file: /nonexistent/audit}"));
        Assert.StartsWith("config: audit.file: \"/nonexistent/audit\" cannot be written", e.Message, StringComparison.Ordinal);
    }

    private static string Text(JsonElement element, params string[] path) =>
        path.Aggregate(element, (at, name) => at.GetProperty(name)).GetString()!;

    private async Task<SecureServer> StartAsync()
    {
        string tokens = Path.Combine(_folder, "tokens");
        await File.WriteAllLinesAsync(tokens,
        [
            TokenFile.Format(new TokenEntry("eye", Role.Viewer, TokenSecret.Hash(_viewer), null)),
            TokenFile.Format(new TokenEntry("boss", Role.Admin, TokenSecret.Hash(_admin), null)),
        ]);
        return await SecureServer.StartAsync($$"""
            listen:
              grpc: ["http://127.0.0.1:0"]
              http: off
              tokenFile: {{tokens}}
            audit:
              file: {{LogPath}}
            """);
    }
}
