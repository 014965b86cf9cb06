using System.Globalization;
using NetControl.ControlPlane.Lists.Filters;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Lists.Fields;

/// <summary>A moment, in UTC ticks; null where there is none, of which no comparison is true.</summary>
internal sealed class TimeField<T>(string path, ListGetter<T, long?> get)
    : ListField<T>(path, (in T item) => get(item) ?? long.MinValue)
{
    public override ListPredicate<T>? Compile(FilterComparison comparison, DateTimeOffset now, ViolationList violations)
    {
        if (comparison.Operator == FilterOperator.Has)
        {
            return comparison.Value.IsAnything
                ? NumberField<T>.Compare(FilterOperator.Has, get, 0)
                : RefuseOperator(comparison, "a time", "=, !=, <, <=, > or >=, or with :* for any", violations);
        }

        return DateTimeOffset.TryParseExact(comparison.Value.Text, ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd"], CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? NumberField<T>.Compare(comparison.Operator, get, time.UtcTicks)
            : RefuseValue(comparison, "is not a time", "write e.g. 2026-01-31T12:00:00Z, or a length of time with age, such as age<5m", violations);
    }
}
