using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using NetControl.Network;
using NetControl.Testing.Certificates;
using NetControl.Testing.Proxies;
using NetControl.Transport.Tls;

namespace NetControl.Transport.Tests.Tls;

/// <summary>TLS against the framework's own server side: names, authorities, options, the two ends of a stream, failures.</summary>
public sealed class TlsStreamDialerTests : IDisposable
{
    private readonly TestAuthority _authority = new("root");

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void Constructor_WithoutDialer_Throws() => Assert.Throws<ArgumentNullException>(() => new TlsStreamDialer(null!));

    [Fact]
    public async Task Dial_TrustedServer_CarriesBytesAndBothEnds()
    {
        using var server = new TlsServer(_authority);
        using TlsStreamConnection connection = await server.DialAsync();
        byte[] sent = new byte[300_000];
        Random.Shared.NextBytes(sent);
        Task<byte[]> received = connection.ReadToEndAsync();
        await connection.WriteAsync(sent);
        await connection.CloseWriteAsync();
        Assert.Equal(sent, await received);
        Assert.Equal(SslProtocols.Tls13, connection.Version);
        Assert.Equal("server.example", server.ServerName);
        Assert.Equal("CN=server", connection.RemoteCertificate!.Subject);
        connection.CloseRead();
        await server.FirstScript.WaitAsync(StreamExtensions.Patience);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task CloseWrite_ServerHearsTheEnd_AndItsAnswerStillComes(SslProtocols version)
    {
        using var server = new TlsServer(_authority, static async stream =>
        {
            byte[] buffer = new byte[100];
            Assert.Equal(4, await stream.ReadAsync(buffer));
            Assert.Equal(0, await stream.ReadAsync(buffer));
            await stream.WriteAsync("afterwards"u8.ToArray());
            await stream.ShutdownAsync();
        }, options => options.EnabledSslProtocols = version);
        using TlsStreamConnection connection = await server.DialAsync();
        await connection.WriteAsync("ping"u8.ToArray());
        await connection.CloseWriteAsync();
        await connection.CloseWriteAsync();
        Assert.Equal("afterwards"u8.ToArray(), await connection.ReadToEndAsync());
    }

    [Fact]
    public async Task Read_AfterTheServersEnd_WritingGoesOn()
    {
        TaskCompletionSource<byte[]> heard = new();
        using var server = new TlsServer(_authority, async stream =>
        {
            await stream.ShutdownAsync();
            byte[] buffer = new byte[4];
            await stream.ReadExactlyAsync(buffer);
            heard.SetResult(buffer);
        });
        using TlsStreamConnection connection = await server.DialAsync();
        Assert.Empty(await connection.ReadToEndAsync());
        await connection.WriteAsync("late"u8.ToArray());
        Assert.Equal("late"u8.ToArray(), await heard.Task.WaitAsync(StreamExtensions.Patience));
    }

    [Fact]
    public async Task Read_ConnectionEndsWithoutCloseNotify_Fails()
    {
        using var server = new TlsServer(_authority, static async stream =>
        {
            await stream.WriteAsync("half"u8.ToArray());
            throw new IOException("gone without a word");
        });
        using TlsStreamConnection connection = await server.DialAsync();
        Assert.Equal("half"u8.ToArray(), await connection.ReadExactlyAsync(4));
        IOException e = await Assert.ThrowsAsync<IOException>(() => connection.ReadToEndAsync());
        Assert.Contains("close_notify", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_ConnectionEndsWithoutCloseNotify_IsTheEndWhereThatIsAllowed()
    {
        using var server = new TlsServer(_authority, static async stream =>
        {
            await stream.WriteAsync("whole"u8.ToArray());
            throw new IOException("gone without a word");
        });
        using TlsStreamConnection connection = await server.DialAsync(new TlsClientOptions { Roots = server.Roots, EndsWithConnection = true });
        Assert.Equal("whole"u8.ToArray(), await connection.ReadToEndAsync());
    }

    [Fact]
    public async Task Dial_UntrustedRoot_SaysUnknownAuthority()
    {
        using var other = new TestAuthority("somebody else");
        using var server = new TlsServer(other);
        TlsException e = await FailAsync(server, new TlsClientOptions { Roots = [_authority.Root] });
        Assert.Equal(TlsFailure.UnknownAuthority, e.Reason);
        Assert.Equal(DialFailure.ProxyProtocol, e.Failure);
        Assert.Contains("somebody else", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dial_SystemRoots_SayUnknownAuthority()
    {
        using var server = new TlsServer(_authority);
        Assert.Equal(TlsFailure.UnknownAuthority, (await FailAsync(server, new TlsClientOptions())).Reason);
    }

    [Fact]
    public async Task Dial_Expired_SaysExpired()
    {
        using var server = new TlsServer(_authority, certificate: _authority.Issue(
            "old", TestAuthority.ServerUsage, static names => names.AddDnsName("server.example"), TimeSpan.FromDays(3), TimeSpan.FromDays(1)));
        Assert.Equal(TlsFailure.Expired, (await FailAsync(server)).Reason);
    }

    [Fact]
    public async Task Dial_NotYetValid_SaysSo()
    {
        using var server = new TlsServer(_authority, certificate: _authority.Issue(
            "new", TestAuthority.ServerUsage, static names => names.AddDnsName("server.example"), TimeSpan.FromDays(-1), TimeSpan.FromDays(1)));
        Assert.Equal(TlsFailure.NotYetValid, (await FailAsync(server)).Reason);
    }

    [Fact]
    public async Task Dial_OtherName_SaysWhoseCertificateItIs()
    {
        using var server = new TlsServer(_authority);
        TlsException e = await FailAsync(server, host: "other.example");
        Assert.Equal(TlsFailure.NameMismatch, e.Reason);
        Assert.Contains("server.example, not for other.example", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dial_CertificateForClients_IsInvalid()
    {
        using var server = new TlsServer(_authority, certificate: _authority.Issue(
            "client", TestAuthority.ClientUsage, static names => names.AddDnsName("server.example")));
        Assert.Equal(TlsFailure.InvalidCertificate, (await FailAsync(server)).Reason);
    }

    [Fact]
    public async Task Dial_IntermediateAuthority_IsFollowed()
    {
        using TestAuthority below = _authority.Subordinate("below");
        using X509Certificate2 leaf = below.Issue("leaf", TestAuthority.ServerUsage, static names => names.AddDnsName("server.example"));
        using var server = new TlsServer(_authority, change: options => options.ServerCertificateContext =
            SslStreamCertificateContext.Create(leaf, [below.Root], offline: true));
        for (int i = 0; i < 3; i++)
        {
            // Resumed, too: the session remembers the chain.
            using TlsStreamConnection connection = await server.DialAsync();
            await connection.WriteAsync("ping"u8.ToArray());
            Assert.Equal("ping"u8.ToArray(), await connection.ReadExactlyAsync(4));
        }
    }

    [Theory]
    [InlineData("127.0.0.1", TlsFailure.NameMismatch)]
    [InlineData("192.0.2.7", null)]
    [InlineData("2001:db8::7", null)]
    public async Task Dial_ByAddress_WantsTheAddressInTheCertificateAndSendsNoName(string host, TlsFailure? failure)
    {
        using var server = new TlsServer(_authority, certificate: _authority.Issue("ip", TestAuthority.ServerUsage, static names =>
        {
            names.AddIpAddress(IPAddress.Parse("192.0.2.7"));
            names.AddIpAddress(IPAddress.Parse("2001:db8::7"));
        }));
        if (failure is not null)
        {
            Assert.Equal(failure, (await FailAsync(server, host: host)).Reason);
            return;
        }

        using TlsStreamConnection connection = await server.DialAsync(host: host);
        Assert.Equal("", server.ServerName);
    }

    [Theory]
    [InlineData(null, null, "server.example", "server.example")]
    [InlineData("fake.example", null, "server.example", "fake.example")]
    [InlineData("", null, "server.example", "")]
    [InlineData(null, "server.example", "127.0.0.1", "")]
    [InlineData("fake.example", "server.example", "other.example", "fake.example")]
    [InlineData(null, null, "SERVER.example.", "SERVER.example")]
    public async Task Dial_Names_SniAndVerifiedNameAreSeparate(string? serverName, string? certificateName, string host, string seen)
    {
        using var server = new TlsServer(_authority);
        TlsClientOptions options = new() { Roots = server.Roots, ServerName = serverName, CertificateName = certificateName };
        using TlsStreamConnection connection = await server.DialAsync(options, host);
        Assert.Equal(seen, server.ServerName);
    }

    [Fact]
    public async Task IfHost_EachHostHasItsOwn()
    {
        using var server = new TlsServer(_authority);
        TlsClientOptions options = new TlsClientOptions { Roots = server.Roots }
            .IfHost("", static all => all with { CertificateName = "server.example" })
            .IfHost("ONE.example", static one => one with { ServerName = "first" })
            .IfHost("two.example", static two => two with { ServerName = "second" });
        foreach ((string host, string seen) in new[] { ("one.example", "first"), ("two.example", "second"), ("three.example", "three.example") })
        {
            using TlsStreamConnection connection = await server.DialAsync(options, host);
            Assert.Equal(seen, server.ServerName);
        }
    }

    [Fact]
    public async Task Alpn_TheServersChoiceIsTold()
    {
        using var server = new TlsServer(_authority, change: static options =>
            options.ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11]);
        using TlsStreamConnection connection = await server.DialAsync(
            new TlsClientOptions { Roots = server.Roots, ApplicationProtocols = ["http/1.1", "h2"] });
        Assert.Equal("h2", connection.ApplicationProtocol);
        using TlsStreamConnection plain = await server.DialAsync();
        Assert.Equal("", plain.ApplicationProtocol);
    }

    [Fact]
    public async Task Alpn_NothingInCommon_IsTheServersRefusal()
    {
        using var server = new TlsServer(_authority, change: static options => options.ApplicationProtocols = [SslApplicationProtocol.Http11]);
        TlsException e = await FailAsync(server, new TlsClientOptions { Roots = server.Roots, ApplicationProtocols = ["h2"] });
        Assert.Equal(TlsFailure.ProtocolRefused, e.Reason);
        Assert.Equal((byte)120, e.Alert);
        Assert.Contains("no application protocol (120)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verifier_DecidesInPlaceOfTheStandard()
    {
        using var server = new TlsServer(_authority);
        TlsPeer? seen = null;
        TlsVerdict other = default, right = default;
        TlsClientOptions options = new()
        {
            Verifier = peer =>
            {
                seen = peer;
                other = peer.Examine(server.Roots, "wrong.example");
                right = peer.Examine(server.Roots, "server.example");
                return peer.Standard.Failure == TlsFailure.UnknownAuthority && right.Failure is null;
            },
        };
        using TlsStreamConnection connection = await server.DialAsync(options);
        Assert.Equal("server.example", seen!.Destination.Host);
        Assert.Equal(TlsFailure.NameMismatch, other.Failure);
        TlsException e = await FailAsync(server, options with { Verifier = static _ => false });
        Assert.Equal(TlsFailure.RejectedByVerifier, e.Reason);
    }

    [Fact]
    public async Task ClientCertificate_IsShown()
    {
        using X509Certificate2 client = _authority.Issue("client", TestAuthority.ClientUsage);
        string? seen = null;
        using var server = new TlsServer(_authority, change: options =>
        {
            options.ClientCertificateRequired = true;
            options.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                seen = certificate?.Subject;
                return certificate is not null;
            };
        });
        TlsClientOptions options = new() { Roots = server.Roots, ClientCertificate = SslStreamCertificateContext.Create(client, null, offline: true) };
        using TlsStreamConnection connection = await server.DialAsync(options);
        await connection.WriteAsync("ping"u8.ToArray());
        Assert.Equal("ping"u8.ToArray(), await connection.ReadExactlyAsync(4));
        Assert.Equal("CN=client", seen);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, true)]
    [InlineData(SslProtocols.Tls12, false)]
    [InlineData(SslProtocols.Tls13, true)]
    [InlineData(SslProtocols.Tls13, false)]
    public async Task Session_IsResumedUnlessForbidden_AndExaminedAllTheSame(SslProtocols version, bool resume)
    {
        int examined = 0;
        using var server = new TlsServer(_authority, change: options => options.EnabledSslProtocols = version);
        TlsClientOptions options = new()
        {
            Roots = server.Roots,
            ServerName = $"resume-{version}-{resume}.example",
            Resume = resume,
            Verifier = peer =>
            {
                examined++;
                return peer.Standard.Failure is null;
            },
        };
        var sizes = new List<long>();
        for (int i = 0; i < 3; i++)
        {
            using TlsStreamConnection connection = await server.DialAsync(options);
            sizes.Add(server.Dialer.Opened[^1].BytesRead);
            await connection.WriteAsync("ping"u8.ToArray());
            Assert.Equal("ping"u8.ToArray(), await connection.ReadExactlyAsync(4));
        }

        // A server that resumes sends neither certificate nor signature. What is trusted may have changed: it is examined again.
        Assert.Equal(3, examined);
        Assert.Equal(resume, sizes[1] < sizes[0] - 400 && sizes[2] < sizes[0] - 400);
    }

    [Fact]
    public async Task Dial_Cancelled_ClosesTheConnectionBeneath()
    {
        TaskCompletionSource heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using var proxy = new ScriptedProxy(async connection =>
        {
            await connection.ReadOnceAsync();
            heard.SetResult();
            await connection.WaitForEndAsync();
        });
        using CancellationTokenSource source = new();
        Task<IStreamConnection> dial = new TlsStreamDialer(new FixedDialer(proxy.EndPoint.ToHostPort()))
            .DialAsync(new HostPort("silent.example", 443), source.Token).AsTask();
        await heard.Task.WaitAsync(StreamExtensions.Patience);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dial);
        await proxy.FirstScript.WaitAsync(StreamExtensions.Patience);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2p1 Debian\r\n")]
    public async Task Dial_ServerSpeaksSomethingElse_SaysSo(string answer)
    {
        using var proxy = new ScriptedProxy(async connection =>
        {
            await connection.ReadOnceAsync();
            await connection.WriteAsync(System.Text.Encoding.ASCII.GetBytes(answer));
            if (answer.Length > 0)
            {
                await connection.WaitForEndAsync();
            }
        });
        TlsException e = await FailAsync(proxy);
        Assert.Equal(answer.Length == 0 ? TlsFailure.BrokenOff : TlsFailure.ProtocolViolation, e.Reason);
        await proxy.FirstScript.WaitAsync(StreamExtensions.Patience);
    }

    [Fact]
    public async Task Dial_ServerResets_IsBrokenOff()
    {
        using var proxy = new ScriptedProxy(static async connection =>
        {
            await connection.ReadOnceAsync();
            connection.Reset();
        });
        TlsException e = await FailAsync(proxy);
        Assert.Equal(TlsFailure.BrokenOff, e.Reason);
        Assert.Equal(DialFailure.ProxyUnreachable, e.Failure);
    }

    [Fact]
    public async Task Dial_ServerAlerts_TellsTheAlert()
    {
        using var proxy = new ScriptedProxy(static async connection =>
        {
            await connection.ReadOnceAsync();
            await connection.WriteAsync(21, 3, 3, 0, 2, 2, 112);
            await connection.WaitForEndAsync();
        });
        TlsException e = await FailAsync(proxy);
        Assert.Equal(TlsFailure.ProtocolRefused, e.Reason);
        Assert.Equal((byte)112, e.Alert);
    }

    [Fact]
    public async Task Dial_InnerFails_PassesAsItIs()
    {
        using var server = new TlsServer(_authority);
        HostPort address = server.Address;
        server.Dispose();
        var dialer = new TlsStreamDialer(new FixedDialer(address));
        DialException e = await Assert.ThrowsAsync<DialException>(() => dialer.DialAsync(new HostPort("server.example", 443)).AsTask());
        Assert.Equal(DialFailure.Refused, e.Failure);
    }

    private static async Task<TlsException> FailAsync(TlsServer server, TlsClientOptions? options = null, string host = "server.example")
    {
        TlsException e = await Assert.ThrowsAsync<TlsException>(() => server.DialAsync(options, host));
        Assert.True(server.Dialer.Opened[^1].Disposed);
        return e;
    }

    private static Task<TlsException> FailAsync(ScriptedProxy proxy) =>
        Assert.ThrowsAsync<TlsException>(() => new TlsStreamDialer(new FixedDialer(proxy.EndPoint.ToHostPort()))
            .DialAsync(new HostPort("server.example", 443)).AsTask().WaitAsync(StreamExtensions.Patience));
}
