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
            return ($"no server at {address}: {why}\n  start netcontrold, or name another one with --address or "
                + $"{Connection.ServerAddress.Variable}", ExitCode.Unreachable);
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

        lines.Insert(0, lines.Count == 0 ? $"{reason}: {e.Status.Detail}" : $"{reason}:");
        if (Hints.For(reason, resource) is { } hint)
        {
            lines.Add($"  {hint}");
        }

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
