using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using NetControl.Server.Audit;
using NetControl.Server.Metrics;

namespace NetControl.Server.Security;

/// <summary>The gate in front of every gRPC call: 1. who, 2. how often, 3. may they, 4. one stream more, 5. in.</summary>
/// <remarks>It stands before routing's end points are run, so that a refused request is neither parsed nor looked up.</remarks>
internal sealed class AccessControl
{
    // What a denied caller sent is read for the audit log only, and no further than this.
    private const int MostDeniedBytes = 64 * 1024;
    private static readonly TimeSpan s_deniedPatience = TimeSpan.FromSeconds(1);
    private static readonly ConnectionFacts s_inProcess = new() { IsGrpc = true, AnonymousRole = Role.Admin };

    private readonly AccessRuntime _access;
    private readonly Authenticator _authenticator;
    private readonly CallMetrics _metrics;
    private readonly bool _trustsInProcess;

    public AccessControl(AccessRuntime access, uint ownUid, CallMetrics metrics, bool trustsInProcess)
    {
        _access = access;
        _authenticator = new Authenticator(access.Settings, access.Tokens, ownUid, access.Time);
        _metrics = metrics;
        _trustsInProcess = trustsInProcess;
    }

    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        // A server in this process, without connections, is a test's.
        ConnectionFacts? facts = context.Features.Get<ConnectionFacts>() ?? (_trustsInProcess ? s_inProcess : null);
        if (IsGrpc(context))
        {
            bool hidden = facts is { IsOpenOnly: true } && !MethodTable.Of(context.Request.Path.Value ?? "").IsOpen;
            return facts is { IsGrpc: true } && !hidden ? CallAsync(context, facts, next) : RefuseAsync(context, StatusCodes.Status404NotFound);
        }

        // The HTTP paths have a port of their own; on a gRPC port they would be open to whoever may not even know that we are here.
        return facts is { IsGrpc: true } && facts != s_inProcess ? RefuseAsync(context, StatusCodes.Status415UnsupportedMediaType)
            : next(context);
    }

    private async Task CallAsync(HttpContext context, ConnectionFacts facts, RequestDelegate next)
    {
        // What is not served at all has no row, and no label of its own.
        bool served = context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is not null;
        MethodRule rule = MethodTable.Of(served ? context.Request.Path.Value ?? "" : "");
        long start = _access.Time.GetTimestamp();
        _metrics.Started(rule);
        StatusCode code = StatusCode.Cancelled;
        try
        {
            (Caller? caller, Rejection? rejection) = rule.IsOpen ? (null, null) : _authenticator.Authenticate(context, facts);
            string budget = caller?.Identity ?? $"open:{context.Connection.RemoteIpAddress}";
            if (rejection is null && !_access.Budgets.TryCall(budget, out TimeSpan wait))
            {
                rejection = new Rejection(StatusCode.ResourceExhausted, "RATE_LIMIT", $"{budget} makes more calls than the "
                    + $"{_access.Settings.Limits.CallsPerSecond} a second that are allowed", wait);
            }

            if (rejection is null && caller is not null && served && caller.Role < rule.Role)
            {
                rejection = Rejection.RoleTooLow(caller, rule.Role);
            }

            bool watches = rejection is null && served && rule.IsStream;
            if (watches && !_access.Budgets.TryEnter(budget, rule.IsOpen))
            {
                watches = false;
                rejection = new Rejection(StatusCode.ResourceExhausted, "WATCHER_LIMIT", $"{budget} or all callers together have as many "
                    + "open streams as are allowed", TimeSpan.FromSeconds(1));
            }

            if (rejection is not null)
            {
                code = rejection.Code;
                await DenyAsync(context, facts, rule, served, caller, rejection, start);
                return;
            }

            context.Features.Set(caller);
            try
            {
                await next(context);
            }
            finally
            {
                if (watches)
                {
                    _access.Budgets.Leave(budget, rule.IsOpen);
                }

                code = Answered(context) ?? code;
            }
        }
        finally
        {
            _metrics.Handled(rule, code, _access.Time.GetElapsedTime(start));
        }
    }

    private async Task DenyAsync(HttpContext context, ConnectionFacts facts, MethodRule rule, bool served, Caller? caller,
        Rejection rejection, long start)
    {
        if (rejection.Code is StatusCode.Unauthenticated or StatusCode.PermissionDenied)
        {
            _metrics.AuthFailed(rejection.Reason);
        }

        if (served && rule.Audited)
        {
            // A stranger's request is not read: it could be anything, and as slow as they like.
            IMessage? request = caller is null ? null : await ReadAsync(context, rule);
            _access.Audit.Write(new AuditEntry
            {
                Time = _access.Time.GetUtcNow(),
                Caller = caller,
                Address = Authenticator.AddressOf(context, facts),
                Rpc = context.Request.Path.Value ?? "",
                Code = rejection.Code,
                Reason = rejection.Reason,
                Request = request,
                Duration = _access.Time.GetElapsedTime(start),
            });
        }

        HttpResponse response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/grpc";
        response.Headers["grpc-status"] = ((int)rejection.Code).ToString(CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = Escape(rejection.Message);
        response.Headers["grpc-status-details-bin"] = Convert.ToBase64String(rejection.Details());
        await response.CompleteAsync();
    }

    // One uncompressed message: a byte 0, four bytes of length, the message.
    private static async Task<IMessage?> ReadAsync(HttpContext context, MethodRule rule)
    {
        const int Header = 5;
        if (rule.Descriptor is not { IsClientStreaming: false } method)
        {
            return null;
        }

        try
        {
            using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
            patience.CancelAfter(s_deniedPatience);
            byte[] header = new byte[Header];
            await context.Request.Body.ReadExactlyAsync(header, patience.Token);
            uint length = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(1));
            if (header[0] != 0 || length > MostDeniedBytes)
            {
                return null;
            }

            byte[] message = new byte[length];
            await context.Request.Body.ReadExactlyAsync(message, patience.Token);
            return method.InputType.Parser.ParseFrom(message);
        }
        catch (Exception e) when (e is IOException or InvalidProtocolBufferException or OperationCanceledException)
        {
            return null;
        }
    }

    private static bool IsGrpc(HttpContext context) =>
        context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;

    private static Task RefuseAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return context.Response.CompleteAsync();
    }

    private static StatusCode? Answered(HttpContext context)
    {
        string? text = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpResponseTrailersFeature>()?.Trailers["grpc-status"];
        text = string.IsNullOrEmpty(text) ? context.Response.Headers["grpc-status"] : text;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int code)
            && Enum.IsDefined((StatusCode)code) ? (StatusCode)code : null;
    }

    // gRPC over HTTP/2: percent-encode what is not printable ASCII, and the percent sign.
    private static string Escape(string message)
    {
        StringBuilder text = new(message.Length);
        foreach (byte b in Encoding.UTF8.GetBytes(message))
        {
            if (b is >= 0x20 and <= 0x7E and not (byte)'%')
            {
                text.Append((char)b);
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
            }
        }

        return text.ToString();
    }
}
