using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using NetControl.Server.Audit;
using NetControl.Server.Mapping;
using NetControl.Server.Security;

namespace NetControl.Server.Interceptors;

/// <summary>What every call gets around it: an end in time, an end with its caller's credential, and its line in the audit log.</summary>
internal sealed class CallInterceptor : Interceptor
{
    private readonly AccessRuntime _access;

    public CallInterceptor(AccessRuntime access)
    {
        _access = access;
    }

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        MethodRule rule = MethodTable.Of(context.Method);
        if (!rule.Audited)
        {
            return await InTimeAsync(request, context, continuation);
        }

        long start = _access.Time.GetTimestamp();

        // Known now: when the last change is late, the HttpContext is somebody else's.
        AuditEntry entry = Describe(context, request as IMessage);
        AuditTrail trail = new(late => _access.Audit.Write(entry with { Time = _access.Time.GetUtcNow(), Changes = [late] }));
        context.GetHttpContext().Features.Set<IAuditChanges>(trail);
        try
        {
            TResponse response = await InTimeAsync(request, context, continuation);
            Note(entry with { Response = response as IMessage, Changes = trail.Close() }, null, start);
            return response;
        }
        catch (RpcException e)
        {
            Note(entry with { Changes = trail.Close() }, e, start);
            throw;
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        if (!MethodTable.Of(context.Method).Audited)
        {
            await WhileTrustedAsync(request, responseStream, context, continuation);
            return;
        }

        long start = _access.Time.GetTimestamp();
        AuditEntry entry = Describe(context, request as IMessage);
        AuditStreamTrail trail = new(stream => Note(entry with { Stream = stream }, null, start));
        context.GetHttpContext().Features.Set<IAuditStream>(trail);
        RpcException? failure = null;
        try
        {
            await WhileTrustedAsync(request, responseStream, context, continuation);
        }
        catch (RpcException e)
        {
            failure = e;
            throw;
        }
        finally
        {
            Note(entry with { Stream = trail.End }, failure, start);
        }
    }

    private async Task<TResponse> InTimeAsync<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        where TRequest : class
        where TResponse : class
    {
        // A caller's own, earlier deadline is gRPC's business.
        TimeSpan limit = _access.Settings.Limits.UnaryTimeout;
        if (context.Deadline.ToUniversalTime() <= _access.Time.GetUtcNow().UtcDateTime + limit)
        {
            return await continuation(request, context);
        }

        using CancellationTokenSource timeout = new(limit, _access.Time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, timeout.Token);
        Task<TResponse> work = continuation(request, new BoundedCallContext(context, both.Token));

        // Not every verb listens to the token: what has begun to change the kernel is finished. The caller is not kept waiting.
        await ((Task)work).WaitAsync(timeout.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return timeout.IsCancellationRequested && !work.IsCompletedSuccessfully
            ? throw new Rejection(StatusCode.DeadlineExceeded, "SERVER_DEADLINE", $"the call took longer than {limit.TotalSeconds:0.#} s; "
                + "repeat it with the same request_id to learn how it ended").ToRpcException()
            : await work;
    }

    private static async Task WhileTrustedAsync<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
        where TRequest : class
        where TResponse : class
    {
        CancellationToken revoked = Caller.Of(context)?.Revoked ?? CancellationToken.None;
        if (!revoked.CanBeCanceled)
        {
            await continuation(request, responseStream, context);
            return;
        }

        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, revoked);
        Task work = continuation(request, responseStream, new BoundedCallContext(context, both.Token));
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (revoked.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw Rejection.Expired("the credential that this stream was opened with is no longer valid").ToRpcException();
        }

        await work;
    }

    private AuditEntry Describe(ServerCallContext context, IMessage? request)
    {
        HttpContext http = context.GetHttpContext();
        return new AuditEntry
        {
            Time = _access.Time.GetUtcNow(),
            Caller = Caller.Of(http),
            Address = Authenticator.AddressOf(http, http.Features.Get<ConnectionFacts>()),
            Rpc = context.Method,
            Code = StatusCode.OK,
            Request = request,
        };
    }

    private void Note(AuditEntry entry, RpcException? failure, long start) => _access.Audit.Write(entry with
    {
        Time = _access.Time.GetUtcNow(),
        Code = failure?.StatusCode ?? StatusCode.OK,
        Reason = failure is null ? "" : ReasonOf(failure),
        Duration = _access.Time.GetElapsedTime(start),
    });

    private static string ReasonOf(RpcException e)
    {
        if (e.Trailers.GetValueBytes(ErrorMapping.DetailsTrailer) is not { } bytes)
        {
            return "";
        }

        foreach (Google.Protobuf.WellKnownTypes.Any detail in Google.Rpc.Status.Parser.ParseFrom(bytes).Details)
        {
            if (detail.TryUnpack(out Google.Rpc.ErrorInfo info))
            {
                return info.Reason;
            }
        }

        return "";
    }
}
