using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using NetControl.ControlPlane;
using NetControl.Server.Gateway;
using NetControl.Server.Interceptors;
using NetControl.Server.Metrics;
using NetControl.Server.Services;

namespace NetControl.Server.Hosting;

/// <summary>Builds the ASP.NET Core application: only what gRPC and three HTTP paths need.</summary>
internal static class WebHost
{
    private const int MostMessageBytes = 4 << 20;

    public static WebApplication Build(NetControlPlane plane, BoundListeners listeners, ILoggerProvider logs)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "netcontrold" });
        builder.Logging.AddProvider(logs);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => Configure(options, listeners));
        builder.Services.Configure<SocketTransportOptions>(options => options.CreateBoundListenSocket = endPoint =>
            Take(listeners, endPoint));
        return Finish(builder, plane, context => context.Features.Get<JsonListener>() is not null);
    }

    /// <summary>The application on whatever server the builder has; tests put theirs in.</summary>
    public static WebApplication Finish(WebApplicationBuilder builder, NetControlPlane plane, Func<HttpContext, bool> servesJson)
    {
        builder.Services.AddSingleton<IHostLifetime, OwnLifetime>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.Services.AddSingleton(plane);
        builder.Services.AddSingleton<EngineMetrics>();
        builder.Services.AddSingleton<ErrorInterceptor>();
        builder.Services.AddSingleton<DeviceService>();
        builder.Services.AddSingleton<ProxyService>();
        builder.Services.AddSingleton<DelegateService>();
        builder.Services.AddSingleton<SessionService>();
        builder.Services.AddSingleton<ConfigurationService>();
        builder.Services.AddSingleton<InfoService>();
        builder.Services.AddSingleton<HealthService>();
        builder.Services.AddGrpc(options =>
        {
            options.Interceptors.Add<ErrorInterceptor>();
            options.MaxReceiveMessageSize = MostMessageBytes;
        });
        builder.Services.AddGrpcReflection();
        WebApplication app = builder.Build();

        // Before routing: what comes in as JSON goes on as gRPC, through everything that follows.
        JsonGateway json = new(servesJson, MostMessageBytes);
        app.Use(next => context => json.InvokeAsync(context, next));
        app.UseRouting();
        app.MapGrpcService<DeviceService>();
        app.MapGrpcService<ProxyService>();
        app.MapGrpcService<DelegateService>();
        app.MapGrpcService<SessionService>();
        app.MapGrpcService<ConfigurationService>();
        app.MapGrpcService<InfoService>();
        app.MapGrpcService<HealthService>();
        app.MapGrpcReflectionService();
        HttpFace.Map(app, plane);
        return app;
    }

    private static void Configure(KestrelServerOptions options, BoundListeners listeners)
    {
        options.AddServerHeader = false;
        options.Limits.Http2.MaxStreamsPerConnection = 1000; // Each watcher of a multiplexed client holds one; Kestrel's 100 is soon met.
        options.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        options.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
        foreach (BoundListener listener in listeners.Grpc)
        {
            Listen(options, listener.EndPoint, HttpProtocols.Http2);
        }

        foreach (BoundListener listener in listeners.Json)
        {
            Listen(options, listener.EndPoint, HttpProtocols.Http1, JsonListener.Mark);
        }

        if (listeners.Http is { } http)
        {
            Listen(options, http.EndPoint, HttpProtocols.Http1);
        }
    }

    private static void Listen(
        KestrelServerOptions options, EndPoint endPoint, HttpProtocols protocols, Action<ListenOptions>? configure = null)
    {
        void Set(ListenOptions listen)
        {
            listen.Protocols = protocols;
            configure?.Invoke(listen);
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
