namespace NetControl.ControlPlane.Lists;

/// <summary>Looks at items one by one: counts those that a filter chooses, and keeps those that may be on the page.</summary>
/// <remarks>Owner: one thread at a time.</remarks>
internal sealed class PageCollector<T>(ListPredicate<T>? filter, ListOrder<T> order, SortKey[] after, int most)
{
    private readonly TopItems<T> _kept = new(order, most);

    /// <summary>How many items the filter chose, on all pages.</summary>
    public int Chosen { get; private set; }

    /// <summary>Those that may be on the page.</summary>
    public IReadOnlyList<T> Kept => _kept.ToList();

    public void Add(in T item)
    {
        if (filter is not null && !filter(item))
        {
            return;
        }

        Chosen++;
        if (after.Length == 0 || order.IsAfter(item, after))
        {
            _kept.Add(item);
        }
    }
}
