using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Grpc.Net.Client;
using NetControl.Protocol.V1;

namespace NetControl.Testing.Daemon;

/// <summary>Talks to a netcontrold: gRPC over its Unix socket, HTTP over its loopback port.</summary>
public sealed class DaemonClient : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly HttpClient _http;

    /// <summary>Makes a client; nothing is connected yet.</summary>
    /// <param name="socketPath">The Unix socket of gRPC.</param>
    /// <param name="http">Where HTTP listens.</param>
    /// <param name="makeSocket">Makes the HTTP socket where the port can be reached, such as in another network namespace.</param>
    public DaemonClient(string socketPath, IPEndPoint http, Func<Socket>? makeSocket = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        SocketsHttpHandler handler = new()
        {
            ConnectCallback = async (_, cancellation) =>
            {
                Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        _channel = GrpcChannel.ForAddress("http://netcontrold", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = 64 << 20,
        });
        Devices = new DeviceService.DeviceServiceClient(_channel);
        Proxies = new ProxyService.ProxyServiceClient(_channel);
        Delegates = new DelegateService.DelegateServiceClient(_channel);
        Sessions = new SessionService.SessionServiceClient(_channel);
        Diagnostics = new DiagnosticsService.DiagnosticsServiceClient(_channel);
        Policies = new PolicyService.PolicyServiceClient(_channel);
        Configuration = new ConfigurationService.ConfigurationServiceClient(_channel);
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                Socket socket = makeSocket?.Invoke() ?? new Socket(http.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(http, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://{http}")) };
    }

    /// <summary>Devices.</summary>
    public DeviceService.DeviceServiceClient Devices { get; }

    /// <summary>Proxies.</summary>
    public ProxyService.ProxyServiceClient Proxies { get; }

    /// <summary>Delegates.</summary>
    public DelegateService.DelegateServiceClient Delegates { get; }

    /// <summary>Sessions.</summary>
    public SessionService.SessionServiceClient Sessions { get; }

    /// <summary>Captures, diagnoses and probes.</summary>
    public DiagnosticsService.DiagnosticsServiceClient Diagnostics { get; }

    /// <summary>Policies.</summary>
    public PolicyService.PolicyServiceClient Policies { get; }

    /// <summary>The configuration as a whole.</summary>
    public ConfigurationService.ConfigurationServiceClient Configuration { get; }

    /// <summary>Reads the metrics.</summary>
    public async Task<PrometheusText> ReadMetricsAsync() => PrometheusText.Parse(await ReadAsync("/metrics"));

    /// <summary>Reads an HTTP path as text.</summary>
    public Task<string> ReadAsync(string path) => _http.GetStringAsync(new Uri(path, UriKind.Relative));

    /// <summary>Lists every live session, however many pages it takes.</summary>
    public async Task<IReadOnlyList<Session>> ListSessionsAsync()
    {
        List<Session> result = [];
        ListSessionsRequest request = new() { PageSize = 1000 };
        do
        {
            ListSessionsResponse page = await Sessions.ListSessionsAsync(request);
            result.AddRange(page.Sessions);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _channel.Dispose();
        _http.Dispose();
    }
}
