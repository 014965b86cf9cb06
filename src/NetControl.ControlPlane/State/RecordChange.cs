namespace NetControl.ControlPlane.State;

/// <summary>One resource before and after a transaction.</summary>
/// <param name="Before">Null when it is new.</param>
/// <param name="After">Null when it is gone.</param>
internal sealed record RecordChange(ResourceRecord? Before, ResourceRecord? After)
{
    public string Name => (After ?? Before)!.Name;

    /// <summary>What changed between two states, in the order in which a reader can follow: what is pointed at comes first.</summary>
    public static IReadOnlyList<RecordChange> Between(ControlState before, ControlState after) =>
        [.. Between(before.Proxies, after.Proxies),
            .. Between(before.Delegates, after.Delegates), .. Between(before.Policies, after.Policies),
            .. Between(before.Devices, after.Devices)];

    private static IEnumerable<RecordChange> Between<T>(IReadOnlyDictionary<string, T> before, IReadOnlyDictionary<string, T> after)
        where T : ResourceRecord
    {
        if (ReferenceEquals(before, after))
        {
            yield break;
        }

        foreach (string name in before.Keys.Union(after.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            T? old = before.GetValueOrDefault(name);
            T? now = after.GetValueOrDefault(name);
            if (!ReferenceEquals(old, now))
            {
                yield return new RecordChange(old, now);
            }
        }
    }
}
