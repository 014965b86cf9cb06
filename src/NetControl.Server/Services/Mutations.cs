using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using NetControl.ControlPlane;
using NetControl.ControlPlane.Mutations;
using NetControl.Server.Audit;
using NetControl.Server.Mapping;

namespace NetControl.Server.Services;

/// <summary>Runs a change once for each request id, and gives it what it needs so that a repetition finds the answer after a restart
/// too.</summary>
internal static class Mutations
{
    /// <param name="plane">The control plane.</param>
    /// <param name="context">The call.</param>
    /// <param name="requestId">The request's UUID, or empty.</param>
    /// <param name="validateOnly">Whether it is a dry run.</param>
    /// <param name="request">The request.</param>
    /// <param name="work">Makes the change.</param>
    /// <param name="answer">Makes the response from the result.</param>
    public static Task<TResponse> MutateAsync<TResult, TResponse>(
        this NetControlPlane plane,
        ServerCallContext context,
        string requestId,
        bool validateOnly,
        IMessage request,
        Func<MutationContext, Task<TResult>> work,
        Func<TResult, TResponse> answer)
        where TResult : class
        where TResponse : class, IMessage<TResponse>, new()
    {
        // Taken now: the change may come true after the call was given up, when its HttpContext is somebody else's.
        IAuditChanges? audit = context.GetHttpContext().Features.Get<IAuditChanges>();
        MutationContext mutation = new()
        {
            RequestId = requestId,
            ValidateOnly = validateOnly,
            Method = context.Method,
            Fingerprint = requestId.Length > 0 ? SHA256.HashData(request.ToByteArray()) : default,
            OnChanged = audit is null ? null : audit.AddAll,
            EncodeAnswer = result => answer((TResult)result).ToByteArray(),
        };
        return plane.Requests.RunAsync(mutation, async () => answer(await work(mutation)), Decode<TResponse>);
    }

    private static T Decode<T>(byte[] bytes)
        where T : IMessage<T>, new()
    {
        T message = new();
        message.MergeFrom(bytes);
        return message;
    }
}
