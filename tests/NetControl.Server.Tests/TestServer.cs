using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NetControl.ControlPlane.Tests.Fakes;
using NetControl.Protocol.V1;
using NetControl.Server.Security;

namespace NetControl.Server.Tests;

/// <summary>The whole server in this process, over a fake engine: real gRPC, no sockets.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;
    private readonly AccessRuntime _access;

    private TestServer(WebApplication app, TestPlane plane, AccessRuntime access)
    {
        _access = access;
        _app = app;
        Test = plane;
        _channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = app.GetTestServer().CreateHandler() });
        Http = app.GetTestClient();
    }

    public TestPlane Test { get; }

    public HttpClient Http { get; }

    public Server.Audit.AuditLog Audit => _access.Audit;

    public GrpcChannel Channel => _channel;

    public DeviceService.DeviceServiceClient Devices => new(_channel);

    public ProxyService.ProxyServiceClient Proxies => new(_channel);

    public DelegateService.DelegateServiceClient Delegates => new(_channel);

    public PolicyService.PolicyServiceClient Policies => new(_channel);

    public SessionService.SessionServiceClient Sessions => new(_channel);

    public ConfigurationService.ConfigurationServiceClient Configuration => new(_channel);

    public DiagnosticsService.DiagnosticsServiceClient Diagnostics => new(_channel);

    public InfoService.InfoServiceClient Info => new(_channel);

    public static async Task<TestServer> StartAsync(bool withDevice = true, int eventCapacity = 4096, bool traces = false, ILoggerProvider? logs = null)
    {
        TestPlane plane = new(eventCapacity);
        if (withDevice)
        {
            await plane.AddDeviceAsync();
        }

        return await StartAsync(plane, traces, logs);
    }

    /// <summary>Serves a control plane that the test made, and disposes it in the end.</summary>
    public static async Task<TestServer> StartAsync(TestPlane plane, bool traces = false, ILoggerProvider? logs = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseTestServer();
        if (logs is not null)
        {
            builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(logs);
        }

        AccessRuntime access = AccessRuntime.Open(new AccessSettings(), "config", TimeProvider.System, NullLoggerProvider.Instance);
        WebApplication app = Server.Hosting.WebHost.Finish(builder, plane.Plane, access, trustsInProcess: true, traces: traces);
        await app.StartAsync();
        return new TestServer(app, plane, access);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        Http.Dispose();
        await _app.DisposeAsync();
        _access.Dispose();
        Test.Dispose();
    }
}
