using Grpc.Core;
using Grpc.Core.Interceptors;
using NetControl.ControlPlane.Errors;
using NetControl.Server.Mapping;

namespace NetControl.Server.Interceptors;

/// <summary>Turns what services throw into rich gRPC status, in one place.</summary>
internal sealed partial class ErrorInterceptor : Interceptor
{
    private readonly ILogger<ErrorInterceptor> _logger;

    public ErrorInterceptor(ILogger<ErrorInterceptor> logger)
    {
        _logger = logger;
    }

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw Translate(e, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest,
            TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw Translate(e, context);
        }
    }

    private RpcException Translate(Exception e, ServerCallContext context)
    {
        switch (e)
        {
            case ControlPlaneException known when known.Error != ControlPlaneError.Internal:
                return ErrorMapping.ToRpcException(known);
            case OperationCanceledException when context.CancellationToken.IsCancellationRequested:
                return new RpcException(new Status(StatusCode.Cancelled, "the call was cancelled"));

            // A stream that the caller has broken off shows as an I/O error or an invalid operation on the writer.
            case IOException or InvalidOperationException when context.CancellationToken.IsCancellationRequested:
                return new RpcException(new Status(StatusCode.Cancelled, "the call was cancelled"));
            default:
                LogFault(e, context.Method);
                return ErrorMapping.ToRpcException(
                    new ControlPlaneException(ControlPlaneError.Internal, "internal error; the server's log says more"));
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} failed")]
    private partial void LogFault(Exception e, string method);
}
