using System.Collections.Concurrent;
using System.CommandLine;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using NetControl.Cli.Commands;
using NetControl.Cli.Completion;
using NetControl.Protocol.V1;

namespace NetControl.Cli.Tests;

/// <summary>A server on a Unix socket that notes what netctl asks for, and answers what the test says, or nothing in particular.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly string _socket = Path.Combine(Path.GetTempPath(), $"netctl-{Guid.NewGuid():N}.sock");
    private readonly WebApplication _app;

    private FakeServer()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
            options.ListenUnixSocket(_socket, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton(new Recorder(this));
        builder.Services.AddGrpc(options => options.Interceptors.Add<Recorder>());
        _app = builder.Build();
        _app.MapGrpcService<Devices>();
        _app.MapGrpcService<Proxies>();
        _app.MapGrpcService<Delegates>();
        _app.MapGrpcService<Sessions>();
        _app.MapGrpcService<Configurations>();
        _app.MapGrpcService<Policies>();
        _app.MapGrpcService<Diagnostics>();
        _app.MapGrpcService<Audit>();
        _app.MapGrpcService<Infos>();
        _app.MapGrpcService<Healths>();
    }

    /// <summary>What was asked: method and request, in order.</summary>
    public ConcurrentQueue<(string Method, IMessage Request)> Calls { get; } = new();

    /// <summary>What is answered, by the type of the message; a stream sends them all.</summary>
    public List<IMessage> Answers { get; } = [];

    /// <summary>Where it is.</summary>
    public string Address => $"unix:{_socket}";

    public static async Task<FakeServer> StartAsync()
    {
        FakeServer server = new();
        await server._app.StartAsync();
        return server;
    }

    /// <summary>Runs netctl against it.</summary>
    public async Task<(int Code, string Output, string Error)> RunAsync(params string[] line)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        ParseResult parsed = NetctlCommand.Create().Parse([.. line, "--address", $"unix:{_socket}"]);
        Assert.Empty(parsed.Errors);
        int code = await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false })
            .WaitAsync(TimeSpan.FromSeconds(60));
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>What netctl suggests at the end of a line.</summary>
    public async Task<string[]> SuggestAsync(string line)
    {
        ResourceNames.Patience = TimeSpan.FromSeconds(30);
        using StringWriter output = new();
        string whole = $"netctl --address unix:{_socket} {line}";
        await NetctlCommand.Create().Parse([$"[suggest:{whole.Length}]", whole]).InvokeAsync(new InvocationConfiguration { Output = output });
        return output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        File.Delete(_socket);
    }

    private sealed class Recorder : Interceptor
    {
        private readonly FakeServer _server;

        public Recorder(FakeServer server)
        {
            _server = server;
        }

        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            _server.Calls.Enqueue((context.Method, (IMessage)request));
            return Task.FromResult(_server.Answers.OfType<TResponse>().FirstOrDefault() ?? Empty<TResponse>());
        }

        // An answer in which nothing is said, but in which the resource is.
        private static T Empty<T>()
        {
            T answer = Activator.CreateInstance<T>();
            foreach (FieldDescriptor field in ((IMessage)answer!).Descriptor.Fields.InDeclarationOrder())
            {
                if (!field.IsRepeated && field.FieldType == FieldType.Message)
                {
                    field.Accessor.SetValue((IMessage)answer, field.MessageType.Parser.ParseFrom(ByteString.Empty));
                }
            }

            return answer;
        }

        public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
            ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            _server.Calls.Enqueue((context.Method, (IMessage)request));
            foreach (TResponse answer in _server.Answers.OfType<TResponse>())
            {
                await responseStream.WriteAsync(answer);
            }
        }
    }

    private sealed class Devices : DeviceService.DeviceServiceBase;

    private sealed class Proxies : ProxyService.ProxyServiceBase;

    private sealed class Delegates : DelegateService.DelegateServiceBase;

    private sealed class Sessions : SessionService.SessionServiceBase;

    private sealed class Configurations : ConfigurationService.ConfigurationServiceBase;

    private sealed class Policies : PolicyService.PolicyServiceBase;

    private sealed class Diagnostics : DiagnosticsService.DiagnosticsServiceBase;

    private sealed class Audit : AuditService.AuditServiceBase;

    private sealed class Infos : InfoService.InfoServiceBase;

    private sealed class Healths : Grpc.Health.V1.Health.HealthBase;
}
