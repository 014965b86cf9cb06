using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace NetControl.Server.Tests;

/// <summary>A rich error as a client reads it.</summary>
internal sealed record RichError(StatusCode Code, string Reason, string Domain, string[] Fields, Status Status)
{
    public static async Task<RichError> OfAsync(Func<Task> call)
    {
        RpcException e = await Assert.ThrowsAsync<RpcException>(call);
        return Of(e);
    }

    public static RichError Of(RpcException e)
    {
        byte[]? bytes = e.Trailers.GetValueBytes("grpc-status-details-bin");
        Assert.NotNull(bytes);
        Status status = Status.Parser.ParseFrom(bytes);
        ErrorInfo info = Detail<ErrorInfo>(status)!;
        BadRequest? bad = Detail<BadRequest>(status);
        return new RichError(e.StatusCode, info.Reason, info.Domain, [.. bad?.FieldViolations.Select(v => v.Field) ?? []], status);
    }

    public static T? Detail<T>(Status status)
        where T : class, IMessage<T>, new() =>
        status.Details.FirstOrDefault(d => d.Is(new T().Descriptor))?.Unpack<T>();
}
