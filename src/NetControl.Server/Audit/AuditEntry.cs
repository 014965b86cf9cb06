using Google.Protobuf;
using Grpc.Core;
using NetControl.Server.Security;

namespace NetControl.Server.Audit;

/// <summary>One attempt to change something.</summary>
internal sealed record AuditEntry
{
    public required DateTimeOffset Time { get; init; }

    /// <summary>Who; null where it was not known.</summary>
    public required Caller? Caller { get; init; }

    public required string Address { get; init; }

    /// <summary>The path of the method.</summary>
    public required string Rpc { get; init; }

    public required StatusCode Code { get; init; }

    /// <summary>The ErrorInfo reason; empty when it went well.</summary>
    public string Reason { get; init; } = "";

    public TimeSpan Duration { get; init; }

    /// <summary>As it came in; it is redacted when it is written. Null where it was not read.</summary>
    public IMessage? Request { get; init; }

    /// <summary>What was answered, where the name of a resource that the server named is found.</summary>
    public IMessage? Response { get; init; }

    public IReadOnlyList<AuditChange> Changes { get; init; } = [];
}
