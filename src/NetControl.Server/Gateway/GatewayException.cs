using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using NetControl.Server.Mapping;
using Status = Google.Rpc.Status;

namespace NetControl.Server.Gateway;

/// <summary>A request that never became a call: no such path, not JSON, unknown fields.</summary>
internal sealed class GatewayException : Exception
{
    public GatewayException(int httpStatus, StatusCode code, string reason, string message, IEnumerable<FieldFault>? faults = null)
        : base(message)
    {
        HttpStatus = httpStatus;
        Status = new Status
        {
            Code = (int)code,
            Message = message,
            Details = { Any.Pack(new ErrorInfo { Reason = reason, Domain = ErrorMapping.Domain }) },
        };
        BadRequest bad = new();
        bad.FieldViolations.Add((faults ?? []).Select(fault => new BadRequest.Types.FieldViolation
        {
            Field = fault.Field,
            Description = fault.Description,
            Reason = fault.Reason,
        }));
        if (bad.FieldViolations.Count > 0)
        {
            Status.Details.Add(Any.Pack(bad));
        }
    }

    public int HttpStatus { get; }

    public Status Status { get; }

    /// <summary>The verbs that the path does take, for 405.</summary>
    public string? Allow { get; init; }

    public static GatewayException Invalid(IReadOnlyList<FieldFault> faults) =>
        new(StatusCodes.Status400BadRequest, StatusCode.InvalidArgument, "INVALID_ARGUMENT",
            faults.Count == 1 ? $"{faults[0].Field}: {faults[0].Description}" : $"the request has {faults.Count} faults", faults);
}
