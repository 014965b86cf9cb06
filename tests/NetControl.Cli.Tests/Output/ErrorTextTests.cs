using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using NetControl.Cli.Output;
using Status = Google.Rpc.Status;

namespace NetControl.Cli.Tests.Output;

public sealed class ErrorTextTests
{
    [Fact]
    public void RichError_ShowsReasonFieldsAndFixes()
    {
        BadRequest bad = new()
        {
            FieldViolations = { new BadRequest.Types.FieldViolation { Field = "device.mtu",
            Description = "\"5\" is out of range; write 1500" } }
        };
        RpcException e = Error(StatusCode.InvalidArgument, "x", new ErrorInfo { Reason = "INVALID_ARGUMENT" }, bad);
        Assert.Equal(("INVALID_ARGUMENT:\n  device.mtu: \"5\" is out of range; write 1500", ExitCode.Refused), ErrorText.Describe(e, "a"));
    }

    [Fact]
    public void NotFound_HasItsOwnExitCode() =>
        Assert.Equal(
            ("NOT_FOUND: \"proxies/x\" does not exist", ExitCode.NotFound),
            ErrorText.Describe(Error(StatusCode.NotFound, "\"proxies/x\" does not exist", new ErrorInfo { Reason = "NOT_FOUND" }), "a"));

    [Fact]
    public void NoServer_SaysWhereAndHow()
    {
        (string text, int code) = ErrorText.Describe(new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "refused")),
            "http://127.0.0.1:1");
        Assert.Equal(ExitCode.Unreachable, code);
        Assert.Contains("no server at http://127.0.0.1:1", text, StringComparison.Ordinal);
        Assert.Contains("NETCTL_ADDRESS", text, StringComparison.Ordinal);
    }

    [Fact]
    public void BrokenDetails_StillGiveText()
    {
        RpcException e = new(new Grpc.Core.Status(StatusCode.Internal, "boom"),
            new Metadata { { "grpc-status-details-bin", [0xFF, 0xFF] } });
        Assert.Equal(("Internal: boom", ExitCode.Refused), ErrorText.Describe(e, "a"));
    }

    private static RpcException Error(StatusCode code, string message, params IMessage[] details)
    {
        Status status = new() { Code = (int)code, Message = message, Details = { details.Select(Any.Pack) } };
        return new RpcException(new Grpc.Core.Status(code, message), new Metadata { { "grpc-status-details-bin", status.ToByteArray() } });
    }
}
