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

        if (e.StatusCode == StatusCode.Unavailable && e.Trailers.GetValueBytes(DetailsTrailer) is null)
        {
            string why = e.Status.DebugException?.InnerException?.Message ?? e.Status.DebugException?.Message ?? e.Status.Detail;
            if (e.Status.DebugException is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError })
            {
                return ($"no secure connection to {address}: {why}\n  name the server's authority with --ca, your certificate with --cert and "
                    + "--key, or leave TLS out", ExitCode.Unreachable);
            }

            return ($"no server at {address}: {why}\n  start netcontrold, or name another one with --address or "
                + $"{Connection.ServerAddress.Variable}", ExitCode.Unreachable);
        }

        List<string> lines = [];
        string reason = e.StatusCode.ToString();
        foreach (Google.Protobuf.WellKnownTypes.Any detail in Details(e))
        {
            if (detail.TryUnpack(out ErrorInfo info))
            {
                reason = info.Reason;
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
        return (string.Join('\n', lines), e.StatusCode == StatusCode.NotFound ? ExitCode.NotFound : ExitCode.Refused);
    }

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
