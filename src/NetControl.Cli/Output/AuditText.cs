using System.Globalization;
using NetControl.Protocol.V1;

namespace NetControl.Cli.Output;

/// <summary>The audit log as lines for people.</summary>
internal static class AuditText
{
    public static IEnumerable<string> Lines(StreamAuditRecordsResponse message)
    {
        switch (message.MessageCase)
        {
            case StreamAuditRecordsResponse.MessageOneofCase.Record:
                yield return Line(message.Record);
                foreach (AuditChange change in message.Record.Changes)
                {
                    yield return $"    {Verb(change)} {change.Resource}";
                }

                break;
            case StreamAuditRecordsResponse.MessageOneofCase.Lost:
                yield return $"LOST #{message.Lost.From} to #{message.Lost.To}: the server remembers them no more";
                break;
            case StreamAuditRecordsResponse.MessageOneofCase.End:
                yield return $"END #{message.End.Sequence}: the server shuts down";
                break;
        }
    }

    private static string Line(AuditRecord record)
    {
        string time = record.Time.ToDateTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        string who = record.Caller.Identity.Length > 0 ? record.Caller.Identity : $"somebody unknown ({record.Caller.Address})";
        string what = record.Method.Length > 0 ? record.Method[(record.Method.LastIndexOf('/') + 1)..] : record.Why;
        string about = record.Resource.Length > 0 ? $" {record.Resource}" : "";
        string dry = record.ValidateOnly ? " (dry run)" : "";
        string reason = record.Reason.Length > 0 ? $" {record.Reason}" : "";
        string stage = record.Stream switch
        {
            null => "",
            { Stage: AuditedStream.Types.Stage.Began } => " began",
            { Capture: { } c } => FormattableString.Invariant($" ended after {record.Duration.ToTimeSpan().TotalSeconds:0.#} s with {c.Captured} packets"),
            _ => FormattableString.Invariant($" ended after {record.Duration.ToTimeSpan().TotalSeconds:0.#} s"),
        };
        return $"#{record.Sequence} {time} {who}: {what}{about}{dry}{stage} {record.Code}{reason}";
    }

    private static string Verb(AuditChange change) => change switch
    {
        { Truncated: true } => "changed (too long to show)",
        { Before: null } => "added",
        { After: null } => "removed",
        _ => "changed",
    };
}
