using System.Collections.Immutable;

namespace NetControl.Server.Tests.Model;

/// <summary>What the server should hold, at one revision.</summary>
internal sealed record Reference
{
    public static readonly Reference Empty = new();

    public long Revision { get; init; }

    public ImmutableSortedDictionary<string, Item> Items { get; init; } = ImmutableSortedDictionary.Create<string, Item>(StringComparer.Ordinal);

    /// <summary>The names of what differs from an earlier state.</summary>
    public string[] ChangedSince(Reference before) =>
        [.. Items.Keys.Union(before.Items.Keys, StringComparer.Ordinal)
            .Where(name => !ReferenceEquals(Items.GetValueOrDefault(name), before.Items.GetValueOrDefault(name))).Order(StringComparer.Ordinal)];

    public IEnumerable<Item> UsersOf(string name) => Items.Values.Where(item => item.Targets.Contains(name, StringComparer.Ordinal) || item.Policy == name);
}
