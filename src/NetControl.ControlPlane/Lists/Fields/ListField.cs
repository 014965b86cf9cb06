using NetControl.ControlPlane.Lists.Filters;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Lists.Fields;

/// <summary>A field of a list's items: how filters compare it, and whether lists can be ordered by it.</summary>
internal abstract class ListField<T>
{
    protected ListField(string path, ListGetter<T, SortKey>? key)
    {
        Path = path;
        Key = key;
    }

    /// <summary>Its name, with those of the messages that it is in.</summary>
    public string Path { get; }

    /// <summary>What to order by; null where that makes no sense.</summary>
    public ListGetter<T, SortKey>? Key { get; }

    /// <summary>The words that it can hold; empty where it can hold more than those.</summary>
    public virtual IReadOnlyList<string> Words => [];

    /// <summary>What may stand before each of the words.</summary>
    public virtual string Prefix => "";

    /// <summary>Whether it is the one that a filter names.</summary>
    public virtual bool Owns(string path) => string.Equals(path, Path, StringComparison.Ordinal);

    /// <summary>Turns a comparison into a function; null where it makes no sense, and a violation was noted.</summary>
    /// <param name="comparison">What was written.</param>
    /// <param name="now">The moment that ages are counted to.</param>
    /// <param name="violations">Gets what is wrong.</param>
    public abstract ListPredicate<T>? Compile(FilterComparison comparison, DateTimeOffset now, ViolationList violations);

    protected static ListPredicate<T>? RefuseOperator(FilterComparison c, string kind, string operators, ViolationList violations)
    {
        violations.Add("filter", c.Symbol, $"at column {c.Column} cannot be asked of {c.Path}, which is {kind}", $"write {c.Path} with {operators}",
            "INVALID_FILTER_OPERATOR");
        return null;
    }

    protected static ListPredicate<T>? RefuseValue(FilterComparison c, string problem, string fix, ViolationList violations)
    {
        violations.Add("filter", FilterValue.Shorten(c.Value.Text), $"at column {c.Value.Column} {problem}", fix, "INVALID_FILTER_VALUE");
        return null;
    }
}
