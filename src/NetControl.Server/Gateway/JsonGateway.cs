using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace NetControl.Server.Gateway;

/// <summary>The API as JSON over HTTP: a request becomes a gRPC call to the pipeline behind, its answer becomes JSON.</summary>
/// <remarks>
/// It stands before everything else and speaks gRPC inwards, with the caller's connection and headers: who calls, what they may, limits, audit
/// and errors are what they are for gRPC, because it is the same code that sees to them. Nothing of a request is kept after it.
/// </remarks>
internal sealed class JsonGateway
{
    private const string DocumentPath = "/openapi.json";
    private static readonly string[] s_otherPaths = ["/metrics", "/healthz", "/readyz"];

    private readonly RouteTable _routes = new(ApiServices.All);
    private readonly Func<HttpContext, bool> _serves;
    private readonly int _mostBodyBytes;

    /// <param name="serves">Whether a request came in where JSON is served.</param>
    /// <param name="mostBodyBytes">The longest body.</param>
    public JsonGateway(Func<HttpContext, bool> serves, int mostBodyBytes)
    {
        _serves = serves;
        _mostBodyBytes = mostBodyBytes;
    }

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        bool isGrpc = context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;
        if (isGrpc || !_serves(context) || s_otherPaths.Contains(context.Request.Path.Value, StringComparer.Ordinal))
        {
            await next(context);
            return;
        }

        try
        {
            RefuseBrowsers(context);
            if (context.Request.Path == DocumentPath && HttpMethods.IsGet(context.Request.Method))
            {
                await OpenApiFile.WriteAsync(context);
                return;
            }

            HttpRoute route = Find(context, out string[] values);
            IMessage request = new RequestBuilder(route).Build(values, context.Request.Query, await ReadBodyAsync(context));
            await CallAsync(context, next, route, request);
        }
        catch (GatewayException e)
        {
            if (e.Allow is not null)
            {
                context.Response.Headers.Allow = e.Allow;
            }

            await JsonAnswer.WriteErrorAsync(context, e.HttpStatus, e.Status);
        }
    }

    private static async Task CallAsync(HttpContext context, RequestDelegate next, HttpRoute route, IMessage request)
    {
        using InnerResponse response = new(context.RequestAborted);
        InnerRequest inner = new(context.Features.GetRequiredFeature<IHttpRequestFeature>(), RouteTable.GrpcPath(route.Method), request);
        IServiceProvider services = context.RequestServices;
        FeatureCollection features = new(context.Features);
        features.Set<IHttpRequestFeature>(inner);
        features.Set<IRequestBodyPipeFeature>(inner);
        features.Set<IHttpRequestBodyDetectionFeature>(inner);
        features.Set<IHttpResponseFeature>(response);
        features.Set<IHttpResponseBodyFeature>(response);
        features.Set<IHttpResponseTrailersFeature>(response);
        features.Set<IHttpResetFeature>(response);
        features.Set<IHttpRequestLifetimeFeature>(response);
        DefaultHttpContext call = new(features) { RequestServices = services };
        Task work = RunAsync(next, call, response);
        try
        {
            FrameReader messages = new(response.Reader, route.Method.OutputType);
            JsonAnswer answer = new(context, response, work);
            await (route.Method.IsServerStreaming ? answer.StreamAsync(messages) : answer.WriteAsync(messages));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be told.
        }
        finally
        {
            if (!work.IsCompleted)
            {
                response.Abort();
            }

            // What the pipeline still wants to say goes nowhere, and must not make it wait.
            await response.Reader.CompleteAsync();
            await work;
        }
    }

    private static async Task RunAsync(RequestDelegate next, HttpContext call, InnerResponse response)
    {
        try
        {
            await next(call);
            await response.EndAsync(null);
        }
        catch (Exception e)
        {
            await response.EndAsync(e);
        }
    }

    // A page in a browser must not be able to use the reach of the browser's machine: neither as another origin, nor by a name that it has
    // made point at loopback. Programs send no Origin.
    private static void RefuseBrowsers(HttpContext context)
    {
        string site = context.Request.Headers["Sec-Fetch-Site"].ToString();
        if (context.Request.Headers.Origin.Count > 0 || site is "cross-site" or "same-site")
        {
            throw new GatewayException(StatusCodes.Status403Forbidden, StatusCode.PermissionDenied, "CROSS_ORIGIN",
                "requests from web pages are refused: there is no CORS");
        }

        string host = context.Request.Host.Host;
        bool loopback = context.Connection.LocalIpAddress is { } local && IPAddress.IsLoopback(local);
        if (loopback && !context.Request.IsHttps && host is not ("localhost" or "") && !IPAddress.TryParse(host, out _))
        {
            throw new GatewayException(StatusCodes.Status403Forbidden, StatusCode.PermissionDenied, "WRONG_HOST",
                $"Host \"{host}\" is not this listener's; write localhost or the address");
        }
    }

    private HttpRoute Find(HttpContext context, out string[] values)
    {
        string target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        string path = target.StartsWith('/') ? target.Split('?')[0] : context.Request.Path.ToUriComponent();
        if (_routes.Find(context.Request.Method, path, out IReadOnlyCollection<string> others) is { } found)
        {
            values = found.Values;
            return found.Route;
        }

        throw others.Count > 0
            ? new GatewayException(StatusCodes.Status405MethodNotAllowed, StatusCode.Unimplemented, "METHOD_NOT_ALLOWED",
                $"{path} takes {string.Join(", ", others)}, not {context.Request.Method}")
            { Allow = string.Join(", ", others) }
            : new GatewayException(StatusCodes.Status404NotFound, StatusCode.NotFound, "UNKNOWN_PATH",
                $"there is nothing at {path}; {DocumentPath} lists what there is");
    }

    private async Task<ReadOnlyMemory<byte>> ReadBodyAsync(HttpContext context)
    {
        PipeReader reader = context.Request.BodyReader;
        while (true)
        {
            ReadResult result = await ReadAsync(reader, context);
            if (result.Buffer.Length > _mostBodyBytes)
            {
                throw new GatewayException(StatusCodes.Status413PayloadTooLarge, StatusCode.ResourceExhausted, "TOO_LARGE",
                    $"the body is longer than {_mostBodyBytes} bytes");
            }

            if (result.IsCompleted)
            {
                byte[] body = result.Buffer.ToArray();
                reader.AdvanceTo(result.Buffer.End);
                return body.Length == 0 || context.Request.HasJsonContentType() ? body
                    : throw new GatewayException(StatusCodes.Status415UnsupportedMediaType, StatusCode.InvalidArgument,
                        "UNSUPPORTED_MEDIA_TYPE", "the body is JSON: write Content-Type: application/json");
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    private static async ValueTask<ReadResult> ReadAsync(PipeReader reader, HttpContext context)
    {
        try
        {
            return await reader.ReadAsync(context.RequestAborted);
        }
        catch (BadHttpRequestException e)
        {
            throw new GatewayException(e.StatusCode, StatusCode.InvalidArgument, "BAD_REQUEST", e.Message);
        }
    }
}
