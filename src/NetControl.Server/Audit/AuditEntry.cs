using Google.Protobuf;
using Grpc.Core;
using NetControl.ControlPlane.Mutations;
using NetControl.Server.Security;

namespace NetControl.Server.Audit;

/// <summary>One attempt to change something.</summary>
internal sealed record AuditEntry
{
    public required DateTimeOffset Time { get; init; }

    /// <summary>Who; null where it was not known.</summary>
    public required Caller? Caller { get; init; }

    public required string Address { get; init; }

    /// <summary>The path of the method; empty where nobody called.</summary>
    public required string Rpc { get; init; }

    public required StatusCode Code { get; init; }

    /// <summary>The ErrorInfo reason; empty when it went well.</summary>
    public string Reason { get; init; } = "";

    public TimeSpan Duration { get; init; }

    /// <summary>As it came in, until <see cref="Redact"/>. Null where it was not read.</summary>
    public IMessage? Request { get; init; }

    /// <summary>What was answered, where the name of a resource that the server named is found.</summary>
    public IMessage? Response { get; init; }

    public IReadOnlyList<AuditChange> Changes { get; init; } = [];

    /// <summary>Which end of it, where it is a long stream.</summary>
    public AuditedStream? Stream { get; init; }

    /// <summary>Why the server did it by itself; null for a call.</summary>
    public SystemCause? Cause { get; init; }

    /// <summary>The same as a sentence.</summary>
    public string Why { get; init; } = "";

    /// <summary>Whether the request and the changes hold no secret any more.</summary>
    public bool IsRedacted { get; init; }

    /// <summary>The same entry without secrets.</summary>
    public AuditEntry Redact() => IsRedacted ? this : this with
    {
        Request = Request is null ? null : Redaction.Copy(Request),
        Changes = [.. Changes.Select(c => c with
        {
            Before = c.Before is null ? null : Redaction.Copy(c.Before),
            After = c.After is null ? null : Redaction.Copy(c.After),
        })],
        IsRedacted = true,
    };
}
