using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using NetControl.Server.Mapping;
using Status = Google.Rpc.Status;

namespace NetControl.Server.Security;

/// <summary>A call that is refused before its request is looked at.</summary>
/// <param name="Code">The gRPC status code.</param>
/// <param name="Reason">The ErrorInfo reason.</param>
/// <param name="Message">One sentence, without anything secret.</param>
/// <param name="RetryAfter">When a repetition may succeed, if that is known.</param>
internal sealed record Rejection(StatusCode Code, string Reason, string Message, TimeSpan? RetryAfter = null)
{
    public static Rejection Missing(string accepted) =>
        new(StatusCode.Unauthenticated, "CREDENTIALS_MISSING", $"this listener wants to know who calls; present {accepted}");

    public static Rejection Invalid(string message) => new(StatusCode.Unauthenticated, "CREDENTIALS_INVALID", message);

    public static Rejection Expired(string message) => new(StatusCode.Unauthenticated, "CREDENTIALS_EXPIRED", message);

    public static Rejection NoRole(string identity) =>
        new(StatusCode.PermissionDenied, "NO_ROLE", $"{identity} has no role here");

    public static Rejection RoleTooLow(Caller caller, Role needed) => new(StatusCode.PermissionDenied, "ROLE_TOO_LOW",
        $"{caller.Identity} is {Words.Snake(caller.Role.ToString())}; this call is for {Words.Snake(needed.ToString())}");

    /// <summary>The rich status, as the trailer <c>grpc-status-details-bin</c> carries it.</summary>
    public byte[] Details()
    {
        Status status = new()
        {
            Code = (int)Code,
            Message = Message,
            Details = { Any.Pack(new ErrorInfo { Reason = Reason, Domain = ErrorMapping.Domain }) }
        };
        if (RetryAfter is { } delay)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
        }

        return status.ToByteArray();
    }

    /// <summary>The same as an exception, for where a service has begun already.</summary>
    public RpcException ToRpcException() =>
        new(new Grpc.Core.Status(Code, Message), new Metadata { { ErrorMapping.DetailsTrailer, Details() } });
}
