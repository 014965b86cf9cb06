using System.Globalization;
using NetControl.Protocol.V1;

namespace NetControl.Demo;

/// <summary>Prints session events as rows of a table, and the story's own lines between them.</summary>
internal sealed class EventTable
{
    private readonly Lock _lock = new();

    public void Say(string text)
    {
        lock (_lock)
        {
            Console.WriteLine(text);
        }
    }

    public void PrintHead() => Say(Row("seq", "event", "session", "proto", "gen", "proxy", "destination", "sent", "received", "cause"));

    public void Print(SessionEvent item)
    {
        Session session = item.Session;
        Say(Row(
            item.Sequence.ToString(CultureInfo.InvariantCulture),
            item.Kind.ToString().ToUpperInvariant(),
            session.Name[(session.Name.LastIndexOf('/') + 1)..],
            session.Protocol.ToString().ToUpperInvariant(),
            session.Generation.ToString(CultureInfo.InvariantCulture),
            session.Proxy,
            session.Destination,
            session.BytesSent.ToString("N0", CultureInfo.InvariantCulture),
            session.BytesReceived.ToString("N0", CultureInfo.InvariantCulture),
            session.Cause == SessionCause.Unspecified ? "" : session.Cause.ToString()));
    }

    private static string Row(params string[] c) =>
        $"    {c[0],4}  {c[1],-9}{c[2],-18}{c[3],-6}{c[4],-4}{c[5],-11}{c[6],-18}{c[7],8}{c[8],13}  {c[9]}".TrimEnd();
}
