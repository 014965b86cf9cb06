using System.Globalization;
using NetControl.Cli.Output;
using NetControl.Protocol.V1;

namespace NetControl.Cli.Top;

/// <summary>Draws a sample as lines of text, no wider and no more than there is room for.</summary>
internal static class TopScreen
{
    private const int HeadLines = 2;

    public static IReadOnlyList<string> Draw(TopSample sample, SortOrder order, int width, int height, DateTime now)
    {
        double sent = sample.Sessions.Sum(s => s.SentRate);
        double received = sample.Sessions.Sum(s => s.ReceivedRate);
        List<string> lines =
        [
            $"{now:HH:mm:ss}  {sample.Sessions.Count} live by {$"{order}".ToLowerInvariant()}  +{sample.OpenedRate:0.#} -{sample.ClosedRate:0.#} /s  "
                + $"sent {Size(sent)}/s  received {Size(received)}/s{(sample.Lost > 0 ? $"  LOST {sample.Lost} events" : "")}",
        ];
        string[] totals = Lines(Totals(sample));
        string[] sessions = Lines(Sessions(sample, order, now, Math.Max(0, height - totals.Length - HeadLines - 3)));
        lines.Add("");
        lines.AddRange(totals);
        lines.Add("");
        lines.AddRange(sessions);
        return [.. lines.Take(height).Select(line => line.Length > width ? line[..width] : line)];
    }

    public static string Size(double bytes)
    {
        string[] units = ["B", "K", "M", "G", "T"];
        int unit = 0;
        while (bytes >= 1000 && unit < units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{bytes:0.#}{units[unit]}");
    }

    private static string Totals(TopSample sample)
    {
        Table table = new("DEVICE", "DELEGATE", "TCP", "UDP", "SENT/S", "RECEIVED/S");
        foreach (IGrouping<(string Device, string Delegate), TopSession> group in sample.Sessions
            .GroupBy(s => (s.Session.Device, s.Session.Delegate)).OrderByDescending(g => g.Sum(s => s.Rate)).ThenBy(g => g.Key).Take(5))
        {
            int udp = group.Count(s => s.Session.Protocol == SessionProtocol.Udp);
            table.Add(group.Key.Device, group.Key.Delegate, Number(group.Count() - udp), Number(udp), Size(group.Sum(s => s.SentRate)),
                Size(group.Sum(s => s.ReceivedRate)));
        }

        return table.ToString();
    }

    private static string Sessions(TopSample sample, SortOrder order, DateTime now, int most)
    {
        // What a narrow terminal cuts off is what one needs least.
        Table table = new("SESSION", "PROTO", "SENT/S", "RECEIVED/S", "DESTINATION", "AGE", "SOURCE", "PROXY", "SENT", "RECEIVED");
        IOrderedEnumerable<TopSession> ordered = order switch
        {
            SortOrder.Age => sample.Sessions.OrderBy(s => s.Session.OpenTime.ToDateTime()),
            SortOrder.Bytes => sample.Sessions.OrderByDescending(s => s.Bytes),
            _ => sample.Sessions.OrderByDescending(s => s.Rate).ThenByDescending(s => s.Bytes),
        };
        foreach (TopSession s in ordered.ThenBy(s => s.Session.Name, StringComparer.Ordinal).Take(most))
        {
            Session session = s.Session;
            table.Add(session.Name["devices/".Length..].Replace("/sessions/", "/", StringComparison.Ordinal),
                session.Protocol == SessionProtocol.Udp ? "udp" : "tcp", Size(s.SentRate), Size(s.ReceivedRate),
                session.Destination, $"{Math.Max(0, (now - session.OpenTime.ToDateTime()).TotalSeconds):0}s", session.Source, session.Proxy,
                Size(session.BytesSent), Size(session.BytesReceived));
        }

        return table.ToString();
    }

    private static string[] Lines(string table) => table.TrimEnd('\n').Split('\n');

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
