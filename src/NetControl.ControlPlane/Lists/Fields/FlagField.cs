using NetControl.ControlPlane.Lists.Filters;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Lists.Fields;

/// <summary>Yes or no; null where neither was said, of which no comparison is true.</summary>
internal sealed class FlagField<T>(string path, ListGetter<T, bool?> get)
    : ListField<T>(path, (in T item) => get(item) switch { null => -1, false => 0, true => 1 })
{
    private static readonly string[] s_words = ["false", "true"];

    public override IReadOnlyList<string> Words => s_words;

    public override ListPredicate<T>? Compile(FilterComparison comparison, DateTimeOffset now, ViolationList violations) =>
        Compile(comparison, "", get, violations);

    /// <summary>Compares a flag that may be missing, and whose words may have a prefix.</summary>
    public static ListPredicate<T>? Compile(FilterComparison comparison, string prefix, ListGetter<T, bool?> get, ViolationList violations)
    {
        if (comparison.Operator is not (FilterOperator.Equal or FilterOperator.NotEqual))
        {
            return RefuseOperator(comparison, "true or false", "= or !=", violations);
        }

        int place = WordField<T>.Find(comparison.Value.Text, s_words, prefix);
        bool wanted = place == 1 == (comparison.Operator == FilterOperator.Equal);
        return place < 0
            ? RefuseValue(comparison, $"is neither true nor false, as {comparison.Path} is", "write true or false", violations)
            : (in T item) => get(item) == wanted;
    }
}
