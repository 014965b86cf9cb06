using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using NetControl.ControlPlane.Tests.Fakes;
using NetControl.Server.Configuration;
using NetControl.Server.Hosting;
using NetControl.Server.Metrics;
using NetControl.Server.Security;
using NetControl.Testing.Daemon;

namespace NetControl.Server.Tests.Security;

/// <summary>The whole server in this process over a fake engine, with real sockets: loopback TCP, TLS and a Unix socket.</summary>
internal sealed class SecureServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly AccessRuntime _access;
    private readonly BoundListeners _listeners;
    private readonly List<GrpcChannel> _channels = [];

    private SecureServer(WebApplication app, AccessRuntime access, BoundListeners listeners, TestPlane plane)
    {
        _app = app;
        _access = access;
        _listeners = listeners;
        Test = plane;
    }

    public TestPlane Test { get; }

    /// <summary>Where it listens, in the order of the configuration.</summary>
    public IReadOnlyList<string> Urls => [.. _listeners.Grpc.Select(l => l.Url)];

    /// <summary>Where JSON is served, in the order of the configuration.</summary>
    public IReadOnlyList<string> JsonUrls => [.. _listeners.Json.Select(l => l.Url)];

    /// <summary>Where the HTTP paths are.</summary>
    public string HttpUrl => _listeners.Http!.Url;

    /// <summary>Where health alone is served.</summary>
    public string HealthUrl => _listeners.Health!.Url;

    /// <summary>What is exported.</summary>
    public EngineMetrics Exported => _app.Services.GetRequiredService<EngineMetrics>();

    public static async Task<SecureServer> StartAsync(string yaml, TimeProvider? time = null)
    {
        ServerConfiguration configuration = ConfigurationLoader.Load(yaml);
        AccessRuntime access = AccessRuntime.Open(configuration.Access, "config", time ?? TimeProvider.System, NullLoggerProvider.Instance);
        BoundListeners listeners = BoundListeners.Bind(configuration.Grpc, configuration.Json, configuration.Http,
            configuration.Access.SocketOwner, configuration.Access.SocketGroup, configuration.Health);
        TestPlane plane = await TestPlane.WithDeviceAsync();
        WebApplication app = WebHost.Build(plane.Plane, listeners, access, NullLoggerProvider.Instance);
        await app.StartAsync();
        return new SecureServer(app, access, listeners, plane);
    }

    /// <summary>A channel, with whatever a client may present.</summary>
    public GrpcChannel Connect(int listener = 0, string? token = null, X509Certificate2? certificate = null, X509Certificate2? trust = null,
        X509Certificate2? intermediate = null)
    {
        string url = Urls[listener];
        SocketsHttpHandler handler = new();
        if (url.StartsWith("unix:", StringComparison.Ordinal))
        {
            UnixDomainSocketEndPoint endPoint = new(url["unix:".Length..]);
            url = "http://localhost";
            handler.ConnectCallback = async (_, cancellation) =>
            {
                Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(endPoint, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            };
        }

        handler.SslOptions = new SslClientAuthenticationOptions
        {
            ClientCertificateContext = certificate is null ? null
                : SslStreamCertificateContext.Create(certificate, intermediate is null ? [] : [intermediate], offline: true),
            RemoteCertificateValidationCallback = (_, remote, _, _) =>
            {
                using X509Chain chain = new();
                chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
                chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
                if (trust is not null)
                {
                    chain.ChainPolicy.CustomTrustStore.Add(trust);
                }

                return chain.Build(X509CertificateLoader.LoadCertificate(remote!.GetRawCertData()));
            },
        };
        GrpcChannel channel = GrpcChannel.ForAddress(url, new GrpcChannelOptions
        {
            HttpHandler = new WithToken(token, handler),
            DisposeHttpClient = true,
            MaxSendMessageSize = null,
        });
        _channels.Add(channel);
        return channel;
    }

    public PrometheusText Metrics()
    {
        using MemoryStream text = new();
        EngineMetrics metrics = (EngineMetrics)_app.Services.GetService(typeof(EngineMetrics))!;
        metrics.Registry.CollectAndExportAsTextAsync(text).GetAwaiter().GetResult();
        return PrometheusText.Parse(System.Text.Encoding.UTF8.GetString(text.ToArray()));
    }

    /// <summary>Looks at the files now instead of in two seconds.</summary>
    public void LookAtFiles()
    {
        foreach (var reloader in _access.Reloaders)
        {
            reloader.Look();
        }
    }

    /// <summary>The status code and reason of a call; OK when it went well.</summary>
    public static async Task<(StatusCode Code, string Reason)> OutcomeAsync(Func<Task> call)
    {
        try
        {
            await call();
            return (StatusCode.OK, "");
        }
        catch (RpcException e)
        {
            return (e.StatusCode, e.Trailers.GetValueBytes("grpc-status-details-bin") is null ? "" : RichError.Of(e).Reason);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (GrpcChannel channel in _channels)
        {
            channel.Dispose();
        }

        Test.Plane.Events.Complete();
        await _app.DisposeAsync();
        _listeners.Dispose();
        _access.Dispose();
        Test.Dispose();
    }

    private sealed class WithToken : DelegatingHandler
    {
        private readonly string? _token;

        public WithToken(string? token, HttpMessageHandler inner)
            : base(inner)
        {
            _token = token;
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (_token is not null)
            {
                request.Headers.TryAddWithoutValidation("authorization", _token.Contains(' ', StringComparison.Ordinal) ? _token : $"Bearer {_token}");
            }

            return base.SendAsync(request, cancellationToken);
        }
    }
}
