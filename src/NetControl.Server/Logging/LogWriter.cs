using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace NetControl.Server.Logging;

/// <summary>Formats log lines and writes them whole.</summary>
internal sealed class LogWriter : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Stream _stream;
    private readonly bool _json;

    public LogWriter(Stream stream, bool json)
    {
        _stream = stream;
        _json = json;
    }

    public void Write(
        DateTimeOffset time, LogLevel level, string category, string message, IReadOnlyList<KeyValuePair<string, object?>>? values,
            Exception? exception)
    {
        byte[] line = _json ? Json(time, level, category, message, values, exception) : Text(time, level, category, message, exception);
        lock (_gate)
        {
            _stream.Write(line);
            _stream.Flush();
        }
    }

    public void Dispose() => _stream.Dispose();

    private static byte[] Text(DateTimeOffset time, LogLevel level, string category, string message, Exception? exception)
    {
        string tail = exception is null ? "" : $" | {exception}";
        return Encoding.UTF8.GetBytes($"{Time(time)} {Name(level),-5} {category}: {OneLine(message)}{tail}\n");
    }

    private static byte[] Json(
        DateTimeOffset time, LogLevel level, string category, string message, IReadOnlyList<KeyValuePair<string, object?>>? values,
            Exception? exception)
    {
        ArrayBufferWriter<byte> buffer = new(512);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time", Time(time));
            json.WriteString("level", Name(level));
            json.WriteString("category", category);
            json.WriteString("message", message);
            foreach ((string key, object? value) in values ?? [])
            {
                if (key != "{OriginalFormat}")
                {
                    json.WriteString(JsonNamingPolicy.SnakeCaseLower.ConvertName(key),
                        System.Convert.ToString(value, CultureInfo.InvariantCulture));
                }
            }

            if (Activity.Current is { } activity)
            {
                json.WriteString("trace_id", activity.TraceId.ToHexString());
                json.WriteString("span_id", activity.SpanId.ToHexString());
            }

            if (exception is not null)
            {
                json.WriteString("exception", exception.ToString());
            }

            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string OneLine(string message) => message.ReplaceLineEndings(" | ");

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        _ => level.ToString().ToLowerInvariant(),
    };
}
