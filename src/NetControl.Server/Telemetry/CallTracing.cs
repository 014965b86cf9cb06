using System.Diagnostics;
using System.Globalization;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace NetControl.Server.Telemetry;

/// <summary>Makes a span of each RPC, as gRPC or as JSON, refused ones included.</summary>
/// <remarks>Put into the pipeline only where spans are exported. Names what was called and how it ended, never what was said.</remarks>
internal static class CallTracing
{
    public const string SourceName = "NetControl.Server";

    private static readonly ActivitySource s_source = new(SourceName);

    public static async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method is not { } method)
        {
            await next(context);
            return;
        }

        // The framework's activity of the HTTP request is not exported: the caller's own span is the parent.
        Activity? host = Activity.Current;
        IHeaderDictionary headers = context.Request.Headers;
        ActivityContext parent = ActivityContext.TryParse(headers.TraceParent, headers.TraceState, isRemote: true, out ActivityContext sent)
            ? sent : default;
        Activity.Current = null;
        using Activity? span = s_source.StartActivity($"{method.ServiceName}/{method.Name}", ActivityKind.Server, parent);
        if (span is null)
        {
            Activity.Current = host; // Not sampled.
        }

        span?.SetTag("rpc.system", "grpc").SetTag("rpc.service", method.ServiceName).SetTag("rpc.method", method.Name);
        try
        {
            await next(context);
        }
        finally
        {
            if (span is not null)
            {
                Note(span, Status(context));
            }

            Activity.Current = host;
        }
    }

    private static void Note(Activity span, int status)
    {
        span.SetTag("rpc.grpc.status_code", status);
        bool ourFault = (StatusCode)status is StatusCode.Unknown or StatusCode.DeadlineExceeded or StatusCode.Unimplemented
            or StatusCode.Internal or StatusCode.Unavailable or StatusCode.DataLoss;
        if (ourFault)
        {
            span.SetStatus(ActivityStatusCode.Error);
        }
    }

    private static int Status(HttpContext context)
    {
        string? text = context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers["grpc-status"];
        text = string.IsNullOrEmpty(text) ? context.Response.Headers["grpc-status"] : text;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int code) ? code : (int)StatusCode.Cancelled;
    }
}
