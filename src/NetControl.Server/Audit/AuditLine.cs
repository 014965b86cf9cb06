using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using NetControl.Server.Mapping;

namespace NetControl.Server.Audit;

/// <summary>An entry as one line of JSON.</summary>
internal static class AuditLine
{
    // A line stays within what collectors take in one piece.
    private const int LongestMessage = 16 * 1024;

    public static byte[] Format(AuditEntry entry)
    {
        entry = entry.Redact();
        ArrayBufferWriter<byte> buffer = new(1024);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time", entry.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteStartObject("caller");
            json.WriteString("identity", entry.Caller?.Identity ?? "");
            json.WriteString("method", entry.Caller is { } caller ? Words.Snake(caller.Method.ToString()) : "");
            json.WriteString("role", entry.Caller is { } known ? Words.Snake(known.Role.ToString()) : "none");
            json.WriteString("address", entry.Address);
            json.WriteEndObject();
            json.WriteString("rpc", entry.Rpc);
            json.WriteString("resource", RequestFacts.Resource(entry.Request, entry.Response));
            json.WriteString("cause", entry.Cause is { } cause ? Words.UpperSnake(cause.ToString()) : "CALL");
            json.WriteString("why", entry.Why);
            json.WriteString("requestId", entry.Request is null ? "" : RequestFacts.Text(entry.Request, "request_id"));
            json.WriteBoolean("validateOnly", entry.Request is not null && RequestFacts.Flag(entry.Request, "validate_only"));
            json.WriteString("code", entry.Code == Grpc.Core.StatusCode.OK ? "OK" : Words.UpperSnake(entry.Code.ToString()));
            json.WriteString("reason", entry.Reason);
            json.WriteNumber("durationMs", Math.Round(entry.Duration.TotalMilliseconds, 3));
            if (entry.Stream is { } stream)
            {
                json.WriteStartObject("stream");
                json.WriteString("id", stream.Id);
                json.WriteString("stage", stream.Ended ? "ENDED" : "BEGAN");
                json.WritePropertyName("capture");
                WriteMessage(json, stream.Capture);
                json.WriteEndObject();
            }

            json.WritePropertyName("request");
            WriteMessage(json, entry.Request);
            json.WriteStartArray("changes");
            foreach (AuditChange change in entry.Changes)
            {
                json.WriteStartObject();
                json.WriteString("resource", change.Resource);
                json.WritePropertyName("before");
                WriteMessage(json, change.Before);
                json.WritePropertyName("after");
                WriteMessage(json, change.After);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteMessage(Utf8JsonWriter json, IMessage? message)
    {
        if (message is null)
        {
            json.WriteNullValue();
            return;
        }

        string text = JsonFormatter.Default.Format(message);
        if (Encoding.UTF8.GetByteCount(text) > LongestMessage)
        {
            json.WriteStartObject();
            json.WriteNumber("truncatedBytes", Encoding.UTF8.GetByteCount(text));
            json.WriteEndObject();
        }
        else
        {
            json.WriteRawValue(text);
        }
    }
}
