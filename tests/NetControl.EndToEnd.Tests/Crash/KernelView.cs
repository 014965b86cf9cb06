using NetControl.Testing;

namespace NetControl.EndToEnd.Tests.Crash;

/// <summary>Our rules, routes and addresses as <c>ip</c> shows them, one line each: what is doubled is there twice.</summary>
internal static class KernelView
{
    public static IEnumerable<string> Read(NetNamespace space)
    {
        foreach (string family in (string[])["-4", "-6"])
        {
            foreach (string line in Lines(space.Ip(family, "rule", "show")))
            {
                string priority = line.Split(':')[0];
                if (priority.StartsWith("90", StringComparison.Ordinal))
                {
                    yield return $"rule {family} {priority}";
                }
            }

            foreach (string line in Lines(space.Ip(family, "route", "show", "table", "all")))
            {
                if (line.Contains("proto 78", StringComparison.Ordinal) || line.Contains("table 2003", StringComparison.Ordinal))
                {
                    string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                    yield return $"route {words[0]} dev {words[Array.IndexOf(words, "dev") + 1]}";
                }
            }
        }

        foreach (string line in Lines(space.Ip("-o", "addr")))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[1] is not ("lo" or "v0") && !words[3].StartsWith("fe80:", StringComparison.Ordinal))
            {
                yield return $"address {words[3]} dev {words[1]}";
            }
        }
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
