using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using NetControl.ControlPlane.Errors;
using Status = Google.Rpc.Status;

namespace NetControl.Server.Mapping;

/// <summary>The one table from the control plane's errors to rich gRPC status.</summary>
internal static class ErrorMapping
{
    public const string Domain = "netcontrol.io";
    public const string DetailsTrailer = "grpc-status-details-bin";

    // Many HTTP/2 stacks cap a header list at 8 KiB; a longer list of violations is cut, and says so.
    private const int MostDetailBytes = 6 * 1024;

    public static RpcException ToRpcException(ControlPlaneException e)
    {
        (StatusCode code, string? precondition, bool retry) = Row(e.Error);
        ErrorInfo info = new()
        {
            Reason = Words.UpperSnake(e.Error.ToString()),
            Domain = Domain,
            Metadata = { e.Metadata.ToDictionary(StringComparer.Ordinal) }
        };
        Status status = new() { Code = (int)code, Message = e.Message, Details = { Any.Pack(info) } };
        if (e.Violations.Count > 0)
        {
            status.Details.Add(Any.Pack(ToBadRequest(e)));
        }

        if (precondition is not null)
        {
            status.Details.Add(Any.Pack(new PreconditionFailure
            {
                Violations = { new PreconditionFailure.Types.Violation { Type = precondition, Subject = e.Resource,
                    Description = e.Message } },
            }));
        }

        if (e.Resource.Length > 0)
        {
            status.Details.Add(Any.Pack(
                new ResourceInfo { ResourceType = ResourceType(e.Resource), ResourceName = e.Resource, Description = e.Message }));
        }

        if (retry)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)) }));
        }

        return new RpcException(new Grpc.Core.Status(code, e.Message), new Metadata { { DetailsTrailer, status.ToByteArray() } });
    }

    private static (StatusCode Code, string? Precondition, bool Retry) Row(ControlPlaneError error) => error switch
    {
        ControlPlaneError.InvalidArgument => (StatusCode.InvalidArgument, null, false),
        ControlPlaneError.RequestIdReused => (StatusCode.InvalidArgument, null, false),
        ControlPlaneError.NotFound => (StatusCode.NotFound, null, false),
        ControlPlaneError.AlreadyExists => (StatusCode.AlreadyExists, null, false),
        ControlPlaneError.EtagMismatch => (StatusCode.Aborted, null, false),
        ControlPlaneError.ResourceInUse => (StatusCode.FailedPrecondition, "IN_USE", false),
        ControlPlaneError.ResourceBusy => (StatusCode.Unavailable, null, true),
        ControlPlaneError.ResumePointExpired => (StatusCode.OutOfRange, null, false),
        ControlPlaneError.SnapshotOverrun => (StatusCode.Unavailable, null, true),
        ControlPlaneError.MissingCapability => (StatusCode.FailedPrecondition, "CAPABILITY", false),
        ControlPlaneError.TunDeviceMissing => (StatusCode.FailedPrecondition, "TUN_DEVICE", false),
        ControlPlaneError.TunDeviceDenied => (StatusCode.FailedPrecondition, "TUN_DEVICE", false),
        ControlPlaneError.InterfaceBusy => (StatusCode.FailedPrecondition, "INTERFACE", false),
        ControlPlaneError.DescriptorMissing => (StatusCode.FailedPrecondition, "DESCRIPTOR", false),
        ControlPlaneError.KernelRefused => (StatusCode.FailedPrecondition, "KERNEL", false),
        ControlPlaneError.DeviceClosed => (StatusCode.FailedPrecondition, "DEVICE_STATE", false),
        ControlPlaneError.StorageFailed => (StatusCode.Unavailable, null, true),
        ControlPlaneError.GenerationMismatch => (StatusCode.Aborted, null, false),
        ControlPlaneError.ConfirmationPending => (StatusCode.FailedPrecondition, "CONFIRMATION", false),
        ControlPlaneError.ShuttingDown => (StatusCode.Unavailable, null, true),
        ControlPlaneError.LimitExceeded => (StatusCode.ResourceExhausted, null, false),
        _ => (StatusCode.Internal, null, false),
    };

    private static BadRequest ToBadRequest(ControlPlaneException e)
    {
        BadRequest bad = new();
        int size = 0;
        foreach (ControlPlane.Validation.Violation violation in e.Violations)
        {
            BadRequest.Types.FieldViolation field = new()
            {
                Field = violation.Field,
                Description = violation.Description,
                Reason = violation.Reason
            };
            size += field.CalculateSize() + 3;
            if (size > MostDetailBytes)
            {
                int rest = e.Violations.Count - bad.FieldViolations.Count;
                bad.FieldViolations.Add(
                    new BadRequest.Types.FieldViolation
                    {
                        Description = $"and {rest} more; use validate_only after mending these",
                        Reason = "TRUNCATED"
                    });
                break;
            }

            bad.FieldViolations.Add(field);
        }

        return bad;
    }

    private static string ResourceType(string name) => name.Contains("/sessions/", StringComparison.Ordinal) ? "netcontrol.v1.Session"
        : name.StartsWith("devices/", StringComparison.Ordinal) ? "netcontrol.v1.Device"
        : name.StartsWith("policies/", StringComparison.Ordinal) ? "netcontrol.v1.Policy"
        : name.StartsWith("delegates/", StringComparison.Ordinal) ? "netcontrol.v1.Delegate"
        : "netcontrol.v1.Proxy";
}
