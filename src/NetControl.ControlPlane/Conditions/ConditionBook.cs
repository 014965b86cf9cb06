namespace NetControl.ControlPlane.Conditions;

/// <summary>Since when the conditions of all resources are as they are.</summary>
/// <remarks>Guarded by the gate of <see cref="Mutations.Runtimes"/>. Resources go by uid: a later one of the same name has a new page.</remarks>
internal sealed class ConditionBook
{
    private readonly Dictionary<string, Dictionary<string, (bool? Holds, DateTimeOffset Since)>> _pages = new(StringComparer.Ordinal);

    /// <summary>Writes down what is so from now on, or since when it says, and says since when it is.</summary>
    public IReadOnlyList<Condition> Note(string uid, IReadOnlyList<Condition> conditions, DateTimeOffset now)
    {
        if (!_pages.TryGetValue(uid, out Dictionary<string, (bool? Holds, DateTimeOffset Since)>? page))
        {
            _pages.Add(uid, page = new(StringComparer.Ordinal));
        }

        foreach (string gone in page.Keys.Where(type => conditions.All(c => c.Type != type)).ToArray())
        {
            page.Remove(gone);
        }

        foreach (Condition condition in conditions)
        {
            if (!page.TryGetValue(condition.Type, out (bool? Holds, DateTimeOffset) line) || line.Holds != condition.Holds)
            {
                page[condition.Type] = (condition.Holds, condition.Since == default ? now : condition.Since);
            }
        }

        return Read(uid, conditions, now);
    }

    /// <summary>Says since when conditions are so; those that are not so yet, from a moment on.</summary>
    public IReadOnlyList<Condition> Read(string uid, IReadOnlyList<Condition> conditions, DateTimeOffset otherwise) =>
    [
        .. conditions.Select(condition => condition with
        {
            Since = _pages.TryGetValue(uid, out Dictionary<string, (bool? Holds, DateTimeOffset Since)>? page)
                && page.TryGetValue(condition.Type, out (bool? Holds, DateTimeOffset Since) line) && line.Holds == condition.Holds
                    ? line.Since
                    : condition.Since == default ? otherwise : condition.Since,
        }),
    ];

    /// <summary>Forgets a resource that is gone.</summary>
    public void Forget(string uid) => _pages.Remove(uid);
}
