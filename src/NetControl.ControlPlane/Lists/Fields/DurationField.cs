using System.Globalization;
using NetControl.ControlPlane.Lists.Filters;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Lists.Fields;

/// <summary>A length of time, in ticks; null where there is none, of which no comparison is true.</summary>
internal sealed class DurationField<T>(string path, ListGetter<T, long?> get)
    : ListField<T>(path, (in T item) => get(item) ?? long.MinValue)
{
    private static readonly (string Unit, long Ticks)[] s_units =
        [("ms", TimeSpan.TicksPerMillisecond), ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute), ("h", TimeSpan.TicksPerHour),
            ("d", TimeSpan.TicksPerDay)];

    public override ListPredicate<T>? Compile(FilterComparison comparison, DateTimeOffset now, ViolationList violations) =>
        Compile(comparison, get, violations);

    /// <summary>Compares a length of time that may be missing.</summary>
    public static ListPredicate<T>? Compile(FilterComparison comparison, ListGetter<T, long?> get, ViolationList violations)
    {
        if (comparison.Operator == FilterOperator.Has)
        {
            return comparison.Value.IsAnything
                ? NumberField<T>.Compare(FilterOperator.Has, get, 0)
                : RefuseOperator(comparison, "a length of time", "=, !=, <, <=, > or >=, or with :* for any", violations);
        }

        return TryParse(comparison.Value.Text, out long ticks)
            ? NumberField<T>.Compare(comparison.Operator, get, ticks)
            : RefuseValue(comparison, "is not a length of time", "write e.g. 500ms, 30s, 5m, 12h or 7d", violations);
    }

    private static bool TryParse(string text, out long ticks)
    {
        ticks = 0;
        (string unit, long scale) = Array.Find(s_units, unit => text.EndsWith(unit.Unit, StringComparison.Ordinal));
        if (unit is null || !decimal.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
            out decimal number) || number > long.MaxValue / scale)
        {
            return false;
        }

        ticks = (long)(number * scale);
        return true;
    }
}
