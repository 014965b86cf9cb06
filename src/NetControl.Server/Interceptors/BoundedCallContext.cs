using Grpc.Core;

namespace NetControl.Server.Interceptors;

/// <summary>A call's context whose cancellation comes earlier than the caller's: at the server's deadline, or with the
/// credential.</summary>
internal sealed class BoundedCallContext : ServerCallContext
{
    // Where GetHttpContext looks for the HttpContext of a call context that is not gRPC's own.
    private const string HttpContextKey = "__HttpContext";

    private readonly ServerCallContext _inner;
    private readonly CancellationToken _cancellation;

    public BoundedCallContext(ServerCallContext inner, CancellationToken cancellation)
    {
        _inner = inner;
        inner.UserState[HttpContextKey] = inner.GetHttpContext();
        _cancellation = cancellation;
    }

    protected override string MethodCore => _inner.Method;

    protected override string HostCore => _inner.Host;

    protected override string PeerCore => _inner.Peer;

    protected override DateTime DeadlineCore => _inner.Deadline;

    protected override Metadata RequestHeadersCore => _inner.RequestHeaders;

    protected override CancellationToken CancellationTokenCore => _cancellation;

    protected override Metadata ResponseTrailersCore => _inner.ResponseTrailers;

    protected override Status StatusCore
    {
        get => _inner.Status;
        set => _inner.Status = value;
    }

    protected override WriteOptions? WriteOptionsCore
    {
        get => _inner.WriteOptions;
        set => _inner.WriteOptions = value;
    }

    protected override AuthContext AuthContextCore => _inner.AuthContext;

    protected override IDictionary<object, object> UserStateCore => _inner.UserState;

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        _inner.CreatePropagationToken(options);

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => _inner.WriteResponseHeadersAsync(responseHeaders);
}
