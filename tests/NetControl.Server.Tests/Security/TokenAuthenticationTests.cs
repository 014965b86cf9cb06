using Grpc.Core;
using NetControl.Protocol.V1;
using NetControl.Server.Security.Files;
using NetControl.Server.Security.Tokens;
using NetControl.Testing;
using NetControl.Testing.Certificates;
using Role = NetControl.Server.Security.Role;

namespace NetControl.Server.Tests.Security;

public sealed class TokenAuthenticationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netcontrol").FullName;
    private readonly string _token = TokenSecret.Create();

    private string TokenPath => Path.Combine(_folder, "tokens");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("Bearer nct_wrong", StatusCode.Unauthenticated, "CREDENTIALS_INVALID")]
    [InlineData("Basic dTpw", StatusCode.Unauthenticated, "CREDENTIALS_INVALID")]
    [InlineData("Bearer ", StatusCode.Unauthenticated, "CREDENTIALS_INVALID")]
    [InlineData(null, StatusCode.Unauthenticated, "CREDENTIALS_MISSING")]
    public async Task WrongOrNoToken_IsNotLetIn(string? authorization, StatusCode code, string reason)
    {
        Write(Line("ci", Role.Admin));
        await using SecureServer server = await StartAsync();
        Assert.Equal((code, reason), await GetAsync(server, authorization));
        Assert.Equal(1, server.Metrics().Sum("netcontrol_auth_failures_total", ("reason", reason.ToLowerInvariant())));
    }

    [Fact]
    public async Task WrongToken_WhereAnonymousMayCome_IsStillRefused()
    {
        Write(Line("ci", Role.Admin));
        await using SecureServer server = await StartAsync("  anonymousRole: viewer");
        Assert.Equal(StatusCode.OK, (await GetAsync(server, null)).Code);
        Assert.Equal((StatusCode.Unauthenticated, "CREDENTIALS_INVALID"), await GetAsync(server, "Bearer x"));
    }

    [Fact]
    public async Task LongToken_IsRefusedWithoutALook()
    {
        Write(Line("ci", Role.Admin));
        await using SecureServer server = await StartAsync();
        Assert.Equal((StatusCode.Unauthenticated, "CREDENTIALS_INVALID"), await GetAsync(server, new string('a', 5000)));
    }

    [Fact]
    public async Task TokenWhoseTimeHasCome_IsExpired_WithItsStreams()
    {
        ManualTimeProvider time = new();
        Write(Line("ci", Role.Admin, time.GetUtcNow().AddMinutes(5)));
        await using SecureServer server = await StartAsync("", time);
        Assert.Equal(StatusCode.OK, (await GetAsync(server, _token)).Code);
        using AsyncServerStreamingCall<StreamSessionEventsResponse> stream = Stream(server);
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));
        time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal((StatusCode.Unauthenticated, "CREDENTIALS_EXPIRED"), await GetAsync(server, _token));
        Assert.Equal((StatusCode.Unauthenticated, "CREDENTIALS_EXPIRED"), await EndOf(stream));
    }

    [Fact]
    public async Task TokenTakenOutOfTheFile_IsRefusedWithoutARestart_AndItsStreamsEnd_WhileOthersGoOn()
    {
        ManualTimeProvider time = new();
        string other = TokenSecret.Create();
        string otherLine = TokenFile.Format(new TokenEntry("other", Role.Viewer, TokenSecret.Hash(other), null));
        Write(Line("ci", Role.Admin), otherLine);
        await using SecureServer server = await StartAsync("", time);
        using AsyncServerStreamingCall<StreamSessionEventsResponse> gone = Stream(server);
        Assert.True(await gone.ResponseStream.MoveNext(CancellationToken.None));

        Write(otherLine);
        time.Advance(FileReloader.Period);

        Assert.Equal((StatusCode.Unauthenticated, "CREDENTIALS_INVALID"), await GetAsync(server, _token));
        Assert.Equal((StatusCode.Unauthenticated, "CREDENTIALS_EXPIRED"), await EndOf(gone));
        Assert.Equal(StatusCode.OK, (await GetAsync(server, other)).Code);
        Assert.Equal(1, server.Metrics().Sum("netcontrol_file_reloads_total", ("files", "tokens"), ("result", "ok")));
    }

    [Fact]
    public async Task RoleChangedInTheFile_HoldsFromThenOn()
    {
        ManualTimeProvider time = new();
        Write(Line("ci", Role.Viewer));
        await using SecureServer server = await StartAsync("", time);
        var proxies = new ProxyService.ProxyServiceClient(server.Connect(token: _token));
        CreateProxyRequest request = new() { ProxyId = "new", Proxy = new Proxy() };
        Assert.Equal((StatusCode.PermissionDenied, "ROLE_TOO_LOW"),
            await SecureServer.OutcomeAsync(async () => await proxies.CreateProxyAsync(request)));
        Write(Line("ci", Role.Admin));
        time.Advance(FileReloader.Period);
        Assert.Equal(StatusCode.OK, (await SecureServer.OutcomeAsync(async () => await proxies.CreateProxyAsync(request))).Code);
    }

    [Theory]
    [InlineData("ci admin nonsense")]
    [InlineData("ci king sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    [InlineData(null)]
    public async Task BrokenOrMissingNewFile_KeepsTheOldTokens_AndIsCountedOnce(string? text)
    {
        ManualTimeProvider time = new();
        Write(Line("ci", Role.Admin));
        await using SecureServer server = await StartAsync("", time);
        if (text is null)
        {
            File.Delete(TokenPath);
        }
        else
        {
            Write(text);
        }

        time.Advance(5 * FileReloader.Period);
        Assert.Equal(StatusCode.OK, (await GetAsync(server, _token)).Code);
        Assert.Equal(1, server.Metrics().Sum("netcontrol_file_reloads_total", ("files", "tokens"), ("result", "failed")));
        Write("# nobody");
        time.Advance(FileReloader.Period);
        Assert.Equal((StatusCode.Unauthenticated, "CREDENTIALS_INVALID"), await GetAsync(server, _token));
    }

    [Fact]
    public async Task KubernetesSwapOfTheDataLink_IsNoticed()
    {
        ManualTimeProvider time = new();
        string volume = Directory.CreateDirectory(Path.Combine(_folder, "volume")).FullName;
        Directory.CreateDirectory($"{volume}/..one");
        Directory.CreateDirectory($"{volume}/..two");
        await File.WriteAllTextAsync($"{volume}/..one/tokens", Line("ci", Role.Admin) + "\n");
        await File.WriteAllTextAsync($"{volume}/..two/tokens", "");
        File.CreateSymbolicLink($"{volume}/..data", "..one");
        File.CreateSymbolicLink(TokenPath, $"{volume}/..data/tokens");
        await using SecureServer server = await StartAsync("", time);
        Assert.Equal(StatusCode.OK, (await GetAsync(server, _token)).Code);
        File.Delete($"{volume}/..data");
        File.CreateSymbolicLink($"{volume}/..data", "..two");
        time.Advance(FileReloader.Period);
        Assert.Equal(StatusCode.Unauthenticated, (await GetAsync(server, _token)).Code);
    }

    [Fact]
    public async Task FileThatEverybodyMayWrite_IsRefusedAtStart()
    {
        Write(Line("ci", Role.Admin));
        File.SetUnixFileMode(TokenPath, File.GetUnixFileMode(TokenPath) | UnixFileMode.OtherWrite);
        var e = await Assert.ThrowsAsync<Server.Configuration.ConfigurationException>(() => StartAsync());
        Assert.Equal($"config: listen.tokenFile: \"{TokenPath}\" is writable by every user, who could add a token; chmod o-w it", e.Message);
    }

    private static async Task<(StatusCode Code, string Reason)> EndOf(AsyncServerStreamingCall<StreamSessionEventsResponse> stream) =>
        await SecureServer.OutcomeAsync(async () =>
        {
            while (await stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)))
            {
            }
        });

    private static Task<(StatusCode Code, string Reason)> GetAsync(SecureServer server, string? token) => SecureServer.OutcomeAsync(
        async () => await new InfoService.InfoServiceClient(server.Connect(token: token)).GetServerInfoAsync(new GetServerInfoRequest()));

    private AsyncServerStreamingCall<StreamSessionEventsResponse> Stream(SecureServer server) =>
        new SessionService.SessionServiceClient(server.Connect(token: _token)).StreamSessionEvents(new StreamSessionEventsRequest());

    private Task<SecureServer> StartAsync(string more = "", TimeProvider? time = null) => SecureServer.StartAsync($"""
        listen:
          grpc: ["http://127.0.0.1:0"]
          http: off
          tokenFile: {TokenPath}
        {more}
        """, time);

    private string Line(string name, Role role, DateTimeOffset? expires = null) =>
        TokenFile.Format(new TokenEntry(name, role, TokenSecret.Hash(_token), expires));

    private void Write(params string[] lines) => TestAuthority.WriteAtomically(TokenPath, string.Join('\n', lines) + "\n");
}
