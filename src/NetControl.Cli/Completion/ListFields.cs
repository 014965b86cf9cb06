using System.CommandLine.Completions;

namespace NetControl.Cli.Completion;

/// <summary>What lists are filtered and ordered by, for help and for the shell. The server decides; a test holds the two equal.</summary>
internal static class ListFields
{
    private static readonly ListFieldInfo[] s_common =
    [
        new("name", true), new("uid"), new("generation", true), new("create_time", true), new("update_time", true), new("age", true),
    ];

    private static readonly Dictionary<string, ListFieldInfo[]> s_fields = new(StringComparer.Ordinal)
    {
        ["devices"] =
        [
            .. s_common, new("state", true, "STARTING", "READY", "BLOCKED", "CLOSING", "DRAINING", "FAILED"), new("interface", true), new("mtu", true),
            new("addresses"), new("routes"), new("excluded_routes"), new("stream_dialer", true), new("packet_proxy", true), new("policy", true),
            new("uses"), new("accept", true, "AFTER_CONNECT", "IMMEDIATE"),
            new("udp_filtering", true, "ENDPOINT_INDEPENDENT", "ADDRESS_DEPENDENT"), new("congestion_control", true, "CUBIC", "NEW_RENO"),
            new("disable_offload", true, "false", "true"), new("kill_switch", true, "false", "true"), new("descriptor_socket"),
            new("status.interface"), new("status.adopted", true, "false", "true"), new("status.offloads"), new("conditions"),
        ],
        ["delegates"] =
        [
            .. s_common, new("proxy", true), new("proxies"), new("uses"), new("used_by"), new("state", true, "READY", "BLOCKED", "DRAINING"),
            new("failover.mode", true, "FIRST_HEALTHY", "FIXED", "LOWEST_LATENCY"), new("health.state", false, "UNKNOWN", "HEALTHY", "UNHEALTHY"),
            new("last_failover.time", true), new("conditions"),
        ],
        ["proxies"] =
        [
            .. s_common, new("config"), new("hops"), new("udp_idle_timeout", true), new("used_by"), new("state", true, "IDLE", "IN_USE"),
            new("no_packets_reason"), new("conditions"),
        ],
        ["policies"] =
        [
            .. s_common, new("default_action", true, "ALLOW", "DENY", "DROP", "ROUTE"), new("default_hits", true), new("rules.id"),
            new("rules.action", false, "ALLOW", "DENY", "DROP", "ROUTE"), new("rules.target"), new("uses"), new("used_by"),
        ],
        ["sessions"] =
        [
            new("device", true), new("delegate", true), new("proxy", true), new("generation", true), new("protocol", true, "TCP", "UDP"),
            new("source"), new("source.port", true), new("destination"), new("destination.port", true), new("open_time", true),
            new("policy", true), new("policy_rule"), new("policy_generation", true),
            new("state", true, "DIALING", "OPEN", "CLOSING", "CLOSED"), new("age", true), new("dial_duration", true), new("bytes_sent", true),
            new("bytes_received", true), new("packets_sent", true), new("packets_received", true),
        ],
    };

    private static readonly Dictionary<string, (string Filter, string Order)> s_examples = new(StringComparer.Ordinal)
    {
        ["devices"] = ("conditions.Ready=false AND age>5m", "state, name desc"),
        ["delegates"] = ("proxy=main OR health.state:UNHEALTHY", "proxy, name"),
        ["proxies"] = ("name=eu-* AND state=IDLE", "update_time desc"),
        ["policies"] = ("uses:delegates/mail", "default_hits desc"),
        ["sessions"] = ("destination=10.0.0.0/8 AND age>1h", "bytes_received desc"),
    };

    /// <summary>The fields of a collection.</summary>
    public static IReadOnlyList<ListFieldInfo> Of(string collection) => s_fields[collection];

    /// <summary>A filter that shows what can be said.</summary>
    public static string Example(string collection) => s_examples[collection].Filter;

    /// <summary>An order that shows what can be said.</summary>
    public static string OrderExample(string collection) => s_examples[collection].Order;

    /// <summary>What a filter may go on with: a field, a word of one, or what joins two comparisons.</summary>
    public static IEnumerable<CompletionItem> CompleteFilter(string collection, string written)
    {
        int at = written.LastIndexOfAny([' ', '(']) + 1;
        string before = written[..at];
        string last = written[at..];
        int value = last.IndexOfAny(['=', ':', '<', '>']) + 1;
        IEnumerable<string> all = value > 0
            ? Of(collection).FirstOrDefault(f => f.Name == last[..(value - 1)].TrimEnd('!'))?.Words.Select(word => last[..value] + word) ?? []
            : Of(collection).Select(f => f.Name).Concat(at > 1 ? ["AND", "OR", "NOT"] : ["NOT"]);
        return all.Where(text => text.StartsWith(last, StringComparison.OrdinalIgnoreCase)).Select(text => new CompletionItem(before + text));
    }

    /// <summary>What an order may go on with.</summary>
    public static IEnumerable<CompletionItem> CompleteOrder(string collection, string written)
    {
        int at = written.LastIndexOfAny([' ', ',']) + 1;
        return Of(collection).Where(f => f.Sorts && f.Name.StartsWith(written[at..], StringComparison.Ordinal))
            .SelectMany(f => (string[])[f.Name, $"{f.Name} desc"]).Select(text => new CompletionItem(written[..at] + text));
    }
}
