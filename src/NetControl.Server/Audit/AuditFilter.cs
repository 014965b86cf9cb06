using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Audit;

/// <summary>What a reader of the audit log wants to see.</summary>
internal static class AuditFilter
{
    public static bool Chooses(V1.StreamAuditRecordsRequest filter, AuditEntry entry) =>
        (filter.Methods.Count == 0 || filter.Methods.Any(method => IsMethod(entry.Rpc, method)))
            && (filter.Callers.Count == 0 || filter.Callers.Contains(entry.Caller?.Identity ?? ""))
            && (filter.Resources.Count == 0 || filter.Resources.Any(name => IsAbout(entry, name)));

    // The whole path, or the end of it from some slash or dot on.
    private static bool IsMethod(string path, string wanted) => wanted.Length > 0 && path.EndsWith(wanted, StringComparison.Ordinal)
        && (path.Length == wanted.Length || wanted[0] == '/' || path[^(wanted.Length + 1)] is '/' or '.');

    private static bool IsAbout(AuditEntry entry, string name) =>
        RequestFacts.Resource(entry.Request, entry.Response).Split(',').Contains(name, StringComparer.Ordinal)
            || entry.Changes.Any(change => change.Resource == name);
}
