using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace NetControl.Cli.Output;

/// <summary>Says what a server refused, and how to put it right.</summary>
internal static class ErrorText
{
    private const string DetailsTrailer = "grpc-status-details-bin";

    public static (string Text, int ExitCode) Describe(RpcException e, string address)
    {
        if (e.StatusCode == StatusCode.Cancelled)
        {
            return ("cancelled", ExitCode.Cancelled);
        }

        // What the server itself says comes with details; the rest is the client library's word for what happened on the way.
        if (e.Status.DebugException is { } fault && e.Trailers.GetValueBytes(DetailsTrailer) is null
            && (e.StatusCode == StatusCode.Unavailable || fault is HttpRequestException))
        {
            return (NoConnection(fault, address), ExitCode.Unreachable);
        }

        if (e.StatusCode == StatusCode.Unavailable && e.Trailers.GetValueBytes(DetailsTrailer) is null)
        {
            return (NoServer(address, e.Status.Detail), ExitCode.Unreachable);
        }

        List<string> lines = [];
        string reason = e.StatusCode.ToString();
        string resource = "";
        foreach (Google.Protobuf.WellKnownTypes.Any detail in Details(e))
        {
            if (detail.TryUnpack(out ErrorInfo info))
            {
                reason = info.Reason;
            }
            else if (detail.TryUnpack(out ResourceInfo what))
            {
                resource = what.ResourceName;
            }
            else if (detail.TryUnpack(out BadRequest bad))
            {
                lines.AddRange(bad.FieldViolations.Select(v => v.Field.Length == 0 ? $"  {v.Description}"
                    : $"  {v.Field}: {v.Description}"));
            }
        }

        if (e.StatusCode == StatusCode.Unauthenticated)
        {
            lines.Add($"  {e.Status.Detail}\n  name a token with --token-file or {Connection.Credentials.TokenVariable}, or a certificate with "
                + "--cert and --key");
        }

        lines.Insert(0, lines.Count == 0 ? $"{reason}: {e.Status.Detail}" : $"{reason}:");
        if (Hints.For(reason, resource) is { } hint)
        {
            lines.Add($"  {hint}");
        }

        return (string.Join('\n', lines), e.StatusCode == StatusCode.NotFound ? ExitCode.NotFound : ExitCode.Refused);
    }

    // With TLS 1.3 a client whose certificate is refused learns of it only after its own side of the handshake is done.
    private static string NoConnection(Exception fault, string address)
    {
        string why = fault.InnerException?.Message ?? fault.Message;
        bool nobody = fault is HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
        };
        return nobody || !address.StartsWith("https:", StringComparison.Ordinal) ? NoServer(address, why)
            : $"no secure connection to {address}: {why}\n  name the server's authority with --ca, and your certificate, if it wants one, with "
                + "--cert and --key";
    }

    private static string NoServer(string address, string why) =>
        $"no server at {address}: {why}\n  start netcontrold, or name another one with --address or {Connection.ServerAddress.Variable}";

    private static IEnumerable<Google.Protobuf.WellKnownTypes.Any> Details(RpcException e)
    {
        try
        {
            return e.Trailers.GetValueBytes(DetailsTrailer) is { } bytes ? Status.Parser.ParseFrom(bytes).Details : [];
        }
        catch (InvalidProtocolBufferException)
        {
            return [];
        }
    }
}
