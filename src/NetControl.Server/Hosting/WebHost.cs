using System.Net;
using System.Net.Sockets;
using Grpc.AspNetCore.Server.Model;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using NetControl.ControlPlane;
using NetControl.Engine.Hardening;
using NetControl.Server.Gateway;
using NetControl.Server.Interceptors;
using NetControl.Server.Limits;
using NetControl.Server.Metrics;
using NetControl.Server.Security;
using NetControl.Server.Services;
using NetControl.Server.Telemetry;

namespace NetControl.Server.Hosting;

/// <summary>Builds the ASP.NET Core application: only what gRPC and three HTTP paths need.</summary>
internal static class WebHost
{
    public static WebApplication Build(NetControlPlane plane, BoundListeners listeners, AccessRuntime access, ILoggerProvider logs,
        ControlMetrics? control = null, bool traces = false)
    {
        // The default is the working directory, which a user without capabilities may not even be allowed to see.
        WebApplicationOptions web = new() { ApplicationName = "netcontrold", ContentRootPath = "/" };
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(web);
        builder.Logging.AddProvider(logs);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => Configure(options, listeners, access));
        builder.Services.Configure<SocketTransportOptions>(options => options.CreateBoundListenSocket = endPoint =>
            Take(listeners, endPoint));
        return Finish(builder, plane, access, trustsInProcess: false, control, traces);
    }

    /// <summary>The application on whatever server the builder has; tests put theirs in.</summary>
    public static WebApplication Finish(WebApplicationBuilder builder, NetControlPlane plane, AccessRuntime access, bool trustsInProcess,
        ControlMetrics? control = null, bool traces = false)
    {
        builder.Services.AddSingleton<IHostLifetime, OwnLifetime>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.Services.AddSingleton(plane);
        builder.Services.AddSingleton(control ?? new ControlMetrics());
        builder.Services.AddSingleton<EngineMetrics>();
        builder.Services.AddSingleton(access);
        builder.Services.AddSingleton<CallInterceptor>();
        builder.Services.AddSingleton<ErrorInterceptor>();
        builder.Services.AddSingleton<DeviceService>();
        builder.Services.AddSingleton<ProxyService>();
        builder.Services.AddSingleton<DelegateService>();
        builder.Services.AddSingleton<SessionService>();
        builder.Services.AddSingleton<ConfigurationService>();
        builder.Services.AddSingleton<PolicyService>();
        builder.Services.AddSingleton<DiagnosticsService>();
        builder.Services.AddSingleton<AuditService>();
        builder.Services.AddSingleton<InfoService>();
        builder.Services.AddSingleton<HealthService>();
        builder.Services.AddGrpc(options =>
        {
            options.Interceptors.Add<CallInterceptor>();
            options.Interceptors.Add<ErrorInterceptor>();
            options.MaxReceiveMessageSize = access.Settings.Limits.MaxMessageBytes;
        });

        // Instead of the framework's own, which binds what the generated code says: see ApiMethods.
        builder.Services.RemoveAll(typeof(IServiceMethodProvider<>));
        builder.Services.AddSingleton<ApiFacade>();
        builder.Services.AddSingleton<IServiceMethodProvider<ApiFacade>>(new ApiMethods(access.Settings.Reflection));
        WebApplication app = builder.Build();
        EngineMetrics metrics = app.Services.GetRequiredService<EngineMetrics>();
        CallMetrics.Export(metrics.Registry, access);
        AccessControl gate = new(access, ProcessHardening.EffectiveUserId, metrics.Calls, trustsInProcess);

        // Before routing: what comes in as JSON goes on as gRPC, through everything that follows.
        JsonGateway json = new(
            context => context.Features.Get<ConnectionFacts>()?.IsJson ?? trustsInProcess, access.Settings.Limits.MaxMessageBytes);
        app.Use(next => context => json.InvokeAsync(context, next));
        app.UseRouting();
        if (traces)
        {
            app.Use(next => context => CallTracing.InvokeAsync(context, next));
        }

        app.Use(next => context => gate.InvokeAsync(context, next));
        app.MapGrpcService<ApiFacade>();
        HttpFace.Map(app, plane);
        return app;
    }

    private static void Configure(KestrelServerOptions options, BoundListeners listeners, AccessRuntime access)
    {
        // Each watcher of a multiplexed client holds a stream; Kestrel's 100 is soon met.
        CallLimits limits = access.Settings.Limits;
        options.AddServerHeader = false;
        options.Limits.MaxConcurrentConnections = limits.MaxConnections;
        options.Limits.Http2.MaxStreamsPerConnection = limits.MaxStreamsPerConnection;
        options.Limits.Http2.KeepAlivePingDelay = limits.KeepaliveTime;
        options.Limits.Http2.KeepAlivePingTimeout = limits.KeepaliveTimeout;
        options.Limits.KeepAliveTimeout = limits.IdleTimeout;
        options.Limits.RequestHeadersTimeout = limits.HandshakeTimeout;
        ConnectionGate gate = new(access, options.ApplicationServices.GetRequiredService<EngineMetrics>().Calls);
        foreach (BoundListener listener in listeners.Grpc)
        {
            Listen(options, listener.EndPoint, HttpProtocols.Http2, listen => gate.GuardApi(listen, listener.Address, isJson: false));
        }

        foreach (BoundListener listener in listeners.Json)
        {
            Listen(options, listener.EndPoint, HttpProtocols.Http1, listen => gate.GuardApi(listen, listener.Address, isJson: true));
        }

        if (listeners.Http is { } http)
        {
            Listen(options, http.EndPoint, HttpProtocols.Http1, ConnectionGate.GuardHttp);
        }

        if (listeners.Health is { } health)
        {
            Listen(options, health.EndPoint, HttpProtocols.Http2, ConnectionGate.GuardHealth);
        }
    }

    private static void Listen(KestrelServerOptions options, EndPoint endPoint, HttpProtocols protocols, Action<ListenOptions> guard)
    {
        void Set(ListenOptions listen)
        {
            listen.Protocols = protocols;
            guard(listen);
        }

        if (endPoint is IPEndPoint ip)
        {
            options.Listen(ip, Set);
        }
        else
        {
            options.ListenUnixSocket(endPoint.ToString()!, Set);
        }
    }

    private static Socket Take(BoundListeners listeners, EndPoint endPoint) =>
        listeners.All.First(listener => listener.EndPoint.ToString() == endPoint.ToString()).Socket;

    /// <summary>Signals are handled by <see cref="ProcessSignals"/>, in an order that the framework does not know.</summary>
    private sealed class OwnLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
