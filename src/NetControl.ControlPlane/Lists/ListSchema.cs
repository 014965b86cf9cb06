using NetControl.ControlPlane.Lists.Fields;
using NetControl.ControlPlane.Lists.Filters;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Lists;

/// <summary>What the items of one kind of list are: their fields, and the order that they have by themselves.</summary>
internal sealed class ListSchema<T>
{
    private readonly ListField<T>[] _fields;

    /// <param name="what">The items in the plural, for errors.</param>
    /// <param name="ownOrder">The order where none is asked for; the last key is unique.</param>
    /// <param name="fields">Their fields.</param>
    public ListSchema(string what, ListGetter<T, SortKey>[] ownOrder, params ListField<T>[] fields)
    {
        What = what;
        OwnOrder = ownOrder;
        _fields = fields;
    }

    public string What { get; }

    public IReadOnlyList<ListGetter<T, SortKey>> OwnOrder { get; }

    public IReadOnlyList<ListField<T>> Fields => _fields;

    /// <summary>What lists can be ordered by.</summary>
    public IReadOnlyCollection<string> Sortable => [.. _fields.Where(f => f.Key is not null).Select(f => f.Path)];

    public ListField<T>? Find(string path) => Array.Find(_fields, field => field.Owns(path));

    /// <summary>Turns a filter into a function, which is null for all items; every part that makes no sense is a violation.</summary>
    public ListPredicate<T>? Compile(FilterNode? node, DateTimeOffset now, ViolationList violations)
    {
        switch (node)
        {
            case null:
                return null;
            case FilterNegation negation:
                ListPredicate<T>? inner = Compile(negation.Node, now, violations);
                return inner is null ? null : (in T item) => !inner(item);
            case FilterJunction junction:
                ListPredicate<T>?[] all = [.. junction.Nodes.Select(part => Compile(part, now, violations))];
                return Array.Exists(all, part => part is null) ? null : Join(junction.Any, all!);
            case FilterComparison comparison when Find(comparison.Path) is { } field:
                return field.Compile(comparison, now, violations);
            case FilterComparison comparison:
                violations.Add("filter", FilterValue.Shorten(comparison.Path), $"at column {comparison.Column} is not a field of {What}",
                    Spelling.Fix(comparison.Path, [.. _fields.Select(f => f.Path)]), "UNKNOWN_FIELD");
                return null;
            default:
                throw new InvalidOperationException($"{node.GetType().Name} is no filter");
        }
    }

    private static ListPredicate<T> Join(bool any, ListPredicate<T>[] all) => (in T item) =>
    {
        foreach (ListPredicate<T> part in all)
        {
            if (part(item) == any)
            {
                return any;
            }
        }

        return !any;
    };
}
