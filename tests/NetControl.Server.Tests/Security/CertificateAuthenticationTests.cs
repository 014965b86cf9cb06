using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using NetControl.Protocol.V1;
using NetControl.Server.Security.Files;
using NetControl.Server.Security.Tokens;
using NetControl.Testing;
using NetControl.Testing.Certificates;
using Role = NetControl.Server.Security.Role;

namespace NetControl.Server.Tests.Security;

public sealed class CertificateAuthenticationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netcontrol").FullName;
    private readonly TestAuthority _servers = new("servers");
    private readonly TestAuthority _clients = new("clients");

    public CertificateAuthenticationTests()
    {
        _servers.WriteServer(CertificatePath, KeyPath).Dispose();
        TestAuthority.WriteAtomically(AuthorityPath, _clients.Pem);
    }

    private string CertificatePath => Path.Combine(_folder, "tls.crt");

    private string KeyPath => Path.Combine(_folder, "tls.key");

    private string AuthorityPath => Path.Combine(_folder, "ca.crt");

    public void Dispose()
    {
        _servers.Dispose();
        _clients.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task CertificateWithAName_HasItsRole()
    {
        await using SecureServer server = await StartAsync();
        using X509Certificate2 viewer = Client("spiffe://prod.example/ns/egress/sa/reader");
        using X509Certificate2 admin = Client("spiffe://prod.example/orchestrator");
        Assert.Equal(StatusCode.OK, (await GetAsync(server, viewer)).Code);
        Assert.Equal((StatusCode.PermissionDenied, "ROLE_TOO_LOW"), await CreateAsync(server, viewer));
        Assert.Equal(StatusCode.OK, (await CreateAsync(server, admin)).Code);
    }

    [Fact]
    public async Task CertificateOfASubordinate_IsLetInWithItsIntermediate()
    {
        await using SecureServer server = await StartAsync();
        using TestAuthority team = _clients.Subordinate("team");
        using X509Certificate2 client = team.Issue("c", TestAuthority.ClientUsage, names => names.AddUri(new Uri("spiffe://prod.example/orchestrator")));
        Assert.Equal(StatusCode.OK, (await SecureServer.OutcomeAsync(async () => await new InfoService.InfoServiceClient(
            server.Connect(0, null, client, _servers.Root, team.Root)).GetServerInfoAsync(new GetServerInfoRequest()))).Code);
        Assert.NotEqual(StatusCode.OK, (await GetAsync(server, client)).Code);
    }

    [Fact]
    public async Task CertificateThatNoRuleFits_HasNoRole()
    {
        await using SecureServer server = await StartAsync();
        using X509Certificate2 stranger = Client("spiffe://other.example/orchestrator");
        Assert.Equal((StatusCode.PermissionDenied, "NO_ROLE"), await GetAsync(server, stranger));
    }

    [Theory]
    [InlineData("unknown authority", "certificate_unknown_authority")]
    [InlineData("expired", "certificate_expired")]
    [InlineData("not yet", "certificate_expired")]
    [InlineData("wrong usage", "certificate_wrong_usage")]
    [InlineData("self-signed server authority", "certificate_unknown_authority")]
    [InlineData("none", "certificate_missing")]
    public async Task BadCertificate_EndsTheHandshake(string kind, string reason)
    {
        await using SecureServer server = await StartAsync();
        using TestAuthority unknown = new("clients");
        void Name(SubjectAlternativeNameBuilder names) => names.AddUri(new Uri("spiffe://prod.example/orchestrator"));
        using X509Certificate2? client = kind switch
        {
            "unknown authority" => unknown.Issue("c", TestAuthority.ClientUsage, Name),
            "self-signed server authority" => _servers.Issue("c", TestAuthority.ClientUsage, Name),
            "expired" => _clients.Issue("c", TestAuthority.ClientUsage, Name, TimeSpan.FromDays(2), TimeSpan.FromDays(1)),
            "not yet" => _clients.Issue("c", TestAuthority.ClientUsage, Name, TimeSpan.FromDays(-1)),
            "wrong usage" => _clients.Issue("c", TestAuthority.ServerUsage, Name),
            _ => null,
        };

        // With TLS 1.3 a client learns of it on its first read, so its library calls it one thing or another.
        (StatusCode code, string said) = await GetAsync(server, client);
        Assert.True(code is StatusCode.Unavailable or StatusCode.Internal && said.Length == 0, $"{code} {said}");
        await WaitForAsync(() => server.Metrics().Sum("netcontrol_tls_handshake_failures_total", ("reason", reason)) >= 1);
    }

    [Fact]
    public async Task NoCertificate_WhereTokensAreKnown_ComesWithAToken()
    {
        string token = TokenSecret.Create();
        string tokens = Path.Combine(_folder, "tokens");
        await File.WriteAllTextAsync(tokens, TokenFile.Format(new TokenEntry("ci", Role.Viewer, TokenSecret.Hash(token), null)));
        await using SecureServer server = await StartAsync($"  tokenFile: {tokens}");
        Assert.Equal((StatusCode.Unauthenticated, "CREDENTIALS_MISSING"), await GetAsync(server, null));
        Assert.Equal(StatusCode.OK, (await GetAsync(server, null, token)).Code);
    }

    [Fact]
    public async Task NewCertificate_IsServedWithoutARestart_AndABrokenOneIsNot()
    {
        ManualTimeProvider time = new(DateTimeOffset.UtcNow);
        await using SecureServer server = await StartAsync("", time);
        using X509Certificate2 client = Client("spiffe://prod.example/orchestrator");
        Assert.Equal("CN=server", await SubjectAsync(server, client));

        _servers.WriteServer(CertificatePath, KeyPath, "second").Dispose();
        time.Advance(FileReloader.Period);
        Assert.Equal("CN=second", await SubjectAsync(server, client));
        Assert.Equal(1, server.Metrics().Sum("netcontrol_file_reloads_total", ("files", "certificates"), ("result", "ok")));

        // The key of another pair, rubbish, one that has ended, and nothing at all.
        using X509Certificate2 third = _servers.Issue("third", TestAuthority.ServerUsage);
        using X509Certificate2 old = _servers.Issue("old", TestAuthority.ServerUsage, null, TimeSpan.FromDays(2), TimeSpan.FromDays(1));
        foreach (Action spoil in new Action[]
        {
            () => TestAuthority.WriteAtomically(CertificatePath, third.ExportCertificatePem()),
            () => TestAuthority.WriteAtomically(CertificatePath, "rubbish"),
            () =>
            {
                TestAuthority.WriteAtomically(CertificatePath, old.ExportCertificatePem());
                TestAuthority.WriteAtomically(KeyPath, old.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
            },
            () => File.Delete(KeyPath),
        })
        {
            spoil();
            time.Advance(FileReloader.Period);
            Assert.Equal("CN=second", await SubjectAsync(server, client));
        }

        Assert.Equal(4, server.Metrics().Sum("netcontrol_file_reloads_total", ("files", "certificates"), ("result", "failed")));
        Assert.True(server.Metrics().Sum("netcontrol_certificate_expiry_timestamp_seconds") > DateTimeOffset.UtcNow.ToUnixTimeSeconds());
    }

    [Fact]
    public async Task AuthorityTakenAway_EndsWhatItsClientsHaveOpen()
    {
        ManualTimeProvider time = new(DateTimeOffset.UtcNow);
        await using SecureServer server = await StartAsync("", time);
        using X509Certificate2 client = Client("spiffe://prod.example/orchestrator");
        using AsyncServerStreamingCall<StreamSessionEventsResponse> stream = new SessionService.SessionServiceClient(
            server.Connect(certificate: client, trust: _servers.Root)).StreamSessionEvents(new StreamSessionEventsRequest());
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));
        using TestAuthority other = new("others");
        TestAuthority.WriteAtomically(AuthorityPath, other.Pem);
        time.Advance(FileReloader.Period);
        Assert.NotEqual(StatusCode.OK, (await SecureServer.OutcomeAsync(async () =>
        {
            while (await stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)))
            {
            }
        })).Code);
        Assert.NotEqual(StatusCode.OK, (await GetAsync(server, client)).Code);
    }

    [Fact]
    public async Task CertificateThatEnds_EndsItsConnection()
    {
        ManualTimeProvider time = new(DateTimeOffset.UtcNow);
        await using SecureServer server = await StartAsync("", time);
        using X509Certificate2 client = Client("spiffe://prod.example/orchestrator");
        var info = new InfoService.InfoServiceClient(server.Connect(certificate: client, trust: _servers.Root));
        await info.GetServerInfoAsync(new GetServerInfoRequest());
        time.Advance(TimeSpan.FromDays(2));
        Assert.NotEqual(StatusCode.OK, (await SecureServer.OutcomeAsync(async () => await info.GetServerInfoAsync(new GetServerInfoRequest()))).Code);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, true)]
    [InlineData(SslProtocols.Tls13, true)]
#pragma warning disable SYSLIB0039, CA5397 // That they are refused is the point.
    [InlineData(SslProtocols.Tls11, false)]
#pragma warning restore SYSLIB0039, CA5397
    public async Task Versions_BelowTls12_AreRefused(SslProtocols version, bool accepted)
    {
        await using SecureServer server = await StartAsync();
        using X509Certificate2 client = Client("spiffe://prod.example/orchestrator");
        Task<SslStream> Handshake() => HandshakeAsync(server, client, version, SslApplicationProtocol.Http2);
        if (accepted)
        {
            await using SslStream stream = await Handshake();
            Assert.Equal((version, SslApplicationProtocol.Http2), (stream.SslProtocol, stream.NegotiatedApplicationProtocol));
        }
        else
        {
            await Assert.ThrowsAnyAsync<Exception>(Handshake);
        }
    }

    [Fact]
    public async Task PlainText_ToATlsListener_IsRefused()
    {
        await using SecureServer server = await StartAsync();
        Uri url = new(server.Urls[0]);
        using Grpc.Net.Client.GrpcChannel channel = Grpc.Net.Client.GrpcChannel.ForAddress($"http://{url.Authority}");
        Assert.NotEqual(StatusCode.OK, (await SecureServer.OutcomeAsync(async () =>
            await new InfoService.InfoServiceClient(channel).GetServerInfoAsync(new GetServerInfoRequest()))).Code);
    }

    [Fact]
    public async Task SilentHandshake_IsCutOff()
    {
        await using SecureServer server = await StartAsync("""
              limits: {handshakeTimeout: "1s"}
            """);
        Uri url = new(server.Urls[0]);
        using TcpClient silent = new();
        await silent.ConnectAsync(url.Host, url.Port);
        Assert.Equal(0, await silent.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task Faults_AreToldAllAtOnce_WithFieldValueAndFix()
    {
        File.Delete(CertificatePath);
        TestAuthority.WriteAtomically(AuthorityPath, "");
        var missing = await Assert.ThrowsAsync<Server.Configuration.ConfigurationException>(() => StartAsync());
        Assert.Contains($"listen.tls.certificateFile: \"{CertificatePath}\" cannot be read", missing.Message, StringComparison.Ordinal);
        await File.WriteAllTextAsync(CertificatePath, "rubbish");
        var broken = await Assert.ThrowsAsync<Server.Configuration.ConfigurationException>(() => StartAsync());
        Assert.Equal(["listen.tls.certificateFile", "listen.tls.clientCaFile"], broken.Violations.Select(v => v.Field));
    }

    private static async Task WaitForAsync(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }

    private static async Task<SslStream> HandshakeAsync(SecureServer server, X509Certificate2 client, SslProtocols version,
        SslApplicationProtocol protocol)
    {
        Uri url = new(server.Urls[0]);
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(url.Host, url.Port);
        SslStream stream = new(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = version,
            ApplicationProtocols = [protocol],
            ClientCertificates = [client],
            LocalCertificateSelectionCallback = (_, _, _, _, _) => client,
            RemoteCertificateValidationCallback = (_, remote, _, _) => remote?.Issuer == "CN=servers",
        });
        return stream;
    }

    private static async Task<string> SubjectAsync(SecureServer server, X509Certificate2 client)
    {
        await using SslStream stream = await HandshakeAsync(server, client, SslProtocols.None, SslApplicationProtocol.Http2);
        return stream.RemoteCertificate!.Subject;
    }

    private X509Certificate2 Client(string uri) => _clients.Issue("c", TestAuthority.ClientUsage, names => names.AddUri(new Uri(uri)));

    private Task<(StatusCode Code, string Reason)> GetAsync(SecureServer server, X509Certificate2? client, string? token = null) =>
        SecureServer.OutcomeAsync(async () => await new InfoService.InfoServiceClient(server.Connect(0, token, client, _servers.Root))
            .GetServerInfoAsync(new GetServerInfoRequest()));

    private Task<(StatusCode Code, string Reason)> CreateAsync(SecureServer server, X509Certificate2 client) =>
        SecureServer.OutcomeAsync(async () => await new ProxyService.ProxyServiceClient(
            server.Connect(certificate: client, trust: _servers.Root)).CreateProxyAsync(new CreateProxyRequest { ProxyId = "new", Proxy = new Proxy() }));

    private Task<SecureServer> StartAsync(string more = "", TimeProvider? time = null) => SecureServer.StartAsync($$"""
        listen:
          grpc: ["https://127.0.0.1:0"]
          http: off
          tls:
            certificateFile: {{CertificatePath}}
            keyFile: {{KeyPath}}
            clientCaFile: {{AuthorityPath}}
            clients:
              - {name: "uri:spiffe://prod.example/orchestrator", role: ADMIN}
              - {name: "uri:spiffe://prod.example/ns/*/sa/reader", role: viewer}
        {{more}}
        """, time);
}
