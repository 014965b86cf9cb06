namespace NetControl.ControlPlane.State;

/// <summary>One resource before and after a transaction.</summary>
/// <param name="Before">Null when it is new.</param>
/// <param name="After">Null when it is gone.</param>
internal sealed record RecordChange(ResourceRecord? Before, ResourceRecord? After)
{
    public string Name => (After ?? Before)!.Name;

    /// <summary>Whether only who declares it is new, of which readers see nothing.</summary>
    public bool IsOnlyOwner => Before is not null && After is not null && Before.Uid == After.Uid && Before.Revision == After.Revision;

    /// <summary>What changed between two states, among some resources, in the order in which a reader can follow: what is pointed at comes
    /// first.</summary>
    public static IReadOnlyList<RecordChange> Between(ControlState before, ControlState after, IEnumerable<string> names) =>
    [
        .. names.Select(name => (Before: before.Find(name), After: after.Find(name)))
            .Where(pair => !ReferenceEquals(pair.Before, pair.After))
            .Select(pair => new RecordChange(pair.Before, pair.After))
            .OrderBy(change => Rank((change.After ?? change.Before)!))
            .ThenBy(change => change.Name, StringComparer.Ordinal),
    ];

    private static int Rank(ResourceRecord record) => record switch
    {
        ProxyRecord => 0,
        DelegateRecord => 1,
        PolicyRecord => 2,
        _ => 3,
    };
}
