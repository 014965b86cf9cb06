using System.Globalization;
using NetControl.ControlPlane.Lists.Filters;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Lists.Fields;

/// <summary>A whole number.</summary>
internal sealed class NumberField<T>(string path, ListGetter<T, long> get) : ListField<T>(path, (in T item) => get(item))
{
    public override ListPredicate<T>? Compile(FilterComparison comparison, DateTimeOffset now, ViolationList violations)
    {
        if (comparison.Operator == FilterOperator.Has)
        {
            return RefuseOperator(comparison, "a number", "=, !=, <, <=, > or >=", violations);
        }

        return long.TryParse(comparison.Value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? Compare(comparison.Operator, (in T item) => get(item), number)
            : RefuseValue(comparison, $"is not a whole number, as {Path} is", "write e.g. 1500", violations);
    }

    /// <summary>Compares a number that may be missing; then nothing is true of it.</summary>
    public static ListPredicate<T> Compare(FilterOperator @operator, ListGetter<T, long?> get, long with) => @operator switch
    {
        FilterOperator.Equal => (in T item) => get(item) == with,
        FilterOperator.NotEqual => (in T item) => get(item) is { } number && number != with,
        FilterOperator.Less => (in T item) => get(item) < with,
        FilterOperator.LessOrEqual => (in T item) => get(item) <= with,
        FilterOperator.Greater => (in T item) => get(item) > with,
        FilterOperator.GreaterOrEqual => (in T item) => get(item) >= with,
        _ => (in T item) => get(item) is not null,
    };
}
