using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Status = Google.Rpc.Status;

namespace NetControl.Server.Gateway;

/// <summary>Turns one gRPC answer into an HTTP one.</summary>
/// <remarks>
/// One message is one JSON object. A stream is one object a line, or server-sent events for those who accept them. What goes wrong before the
/// first byte is an HTTP status with google.rpc.Status as its body; what goes wrong later is the last line, <c>{"error": {...}}</c>, or an
/// event <c>error</c>.
/// </remarks>
internal sealed class JsonAnswer
{
    private static readonly TypeRegistry s_details = TypeRegistry.FromFiles(ErrorDetailsReflection.Descriptor);
    private static readonly JsonFormatter s_json = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));
    private static readonly JsonFormatter s_errors = new(JsonFormatter.Settings.Default.WithTypeRegistry(s_details));

    private readonly HttpContext _context;
    private readonly InnerResponse _response;
    private readonly Task _work;

    public JsonAnswer(HttpContext context, InnerResponse response, Task work)
    {
        _context = context;
        _response = response;
        _work = work;
    }

    public static Task WriteErrorAsync(HttpContext context, int httpStatus, Status status)
    {
        context.Response.StatusCode = httpStatus;
        if (httpStatus == StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
        }

        if (status.Details.FirstOrDefault(d => d.Is(RetryInfo.Descriptor))?.Unpack<RetryInfo>().RetryDelay is { } delay)
        {
            context.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(delay.ToTimeSpan().TotalSeconds))
                .ToString(CultureInfo.InvariantCulture);
        }

        Begin(context, "application/json");
        return context.Response.WriteAsync(Format(status) + "\n", context.RequestAborted);
    }

    /// <summary>Writes the one message, or the error.</summary>
    public async Task WriteAsync(FrameReader messages)
    {
        IMessage? message = await messages.ReadAsync(_context.RequestAborted);
        Status status = await EndAsync(messages);
        if (status.Code != 0 || message is null)
        {
            await WriteErrorAsync(_context, HttpStatusCodes.Of(status.Code), status);
            return;
        }

        Begin(_context, "application/json");
        await _context.Response.WriteAsync(s_json.Format(message) + "\n", _context.RequestAborted);
    }

    /// <summary>Writes messages as they come.</summary>
    public async Task StreamAsync(FrameReader messages)
    {
        IMessage? message = await messages.ReadAsync(_context.RequestAborted);
        if (message is null && await EndAsync(messages) is { Code: not 0 } refused)
        {
            await WriteErrorAsync(_context, HttpStatusCodes.Of(refused.Code), refused);
            return;
        }

        bool events = _context.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase);
        if (_context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null; // A watcher that pauses is told what it lost; it is not cut off.
        }

        Begin(_context, events ? "text/event-stream" : "application/x-ndjson");
        await _context.Response.StartAsync(_context.RequestAborted);
        for (; message is not null; message = await messages.ReadAsync(_context.RequestAborted))
        {
            await WriteLineAsync(events ? "data: " : "", s_json.Format(message), events);
        }

        Status status = await EndAsync(messages);
        if (status.Code != 0)
        {
            await WriteLineAsync(events ? "event: error\ndata: " : "{\"error\": ", Format(status) + (events ? "" : "}"), events);
        }
        else if (events)
        {
            // A browser's EventSource opens the stream anew when it ends; this says that it need not.
            await WriteLineAsync("event: end\ndata: ", "{}", events);
        }
    }

    private async Task WriteLineAsync(string before, string line, bool isEvent)
    {
        PipeWriter writer = _context.Response.BodyWriter;
        Encoding.UTF8.GetBytes(before, writer);
        Encoding.UTF8.GetBytes(line, writer);
        Encoding.UTF8.GetBytes(isEvent ? "\n\n" : "\n", writer);
        FlushResult flushed = await writer.FlushAsync(_context.RequestAborted);
        if (flushed.IsCompleted)
        {
            throw new OperationCanceledException(_context.RequestAborted);
        }
    }

    // The status is there only when the call is over.
    private async Task<Status> EndAsync(FrameReader messages)
    {
        while (await messages.ReadAsync(_context.RequestAborted) is not null)
        {
        }

        await _work;
        return ReadStatus();
    }

    private Status ReadStatus()
    {
        IHeaderDictionary from = _response.Trailers.ContainsKey("grpc-status") ? _response.Trailers : _response.Headers;
        if (!int.TryParse(from["grpc-status"], NumberStyles.None, CultureInfo.InvariantCulture, out int code))
        {
            return new Status { Code = (int)Code.Internal, Message = $"the call ended without a status (HTTP {_response.StatusCode})" };
        }

        string details = from["grpc-status-details-bin"].ToString();
        if (code != 0 && details.Length > 0)
        {
            // Base64 without padding is allowed on this wire.
            return Status.Parser.ParseFrom(Convert.FromBase64String(details.PadRight((details.Length + 3) / 4 * 4, '=')));
        }

        return new Status { Code = code, Message = Uri.UnescapeDataString(from["grpc-message"].ToString()) };
    }

    private static string Format(Status status)
    {
        Status known = new() { Code = status.Code, Message = status.Message };
        known.Details.Add(status.Details.Where(d => s_details.Find(Any.GetTypeName(d.TypeUrl)) is not null));
        return s_errors.Format(known);
    }

    private static void Begin(HttpContext context, string contentType)
    {
        context.Response.ContentType = contentType;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
    }
}
