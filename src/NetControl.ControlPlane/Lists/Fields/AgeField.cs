using NetControl.ControlPlane.Lists.Filters;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Lists.Fields;

/// <summary>How long ago something happened, as seen from the moment at which the list's first page was read.</summary>
/// <param name="path">The field.</param>
/// <param name="get">When it happened, in UTC ticks; null where it did not.</param>
internal sealed class AgeField<T>(string path, ListGetter<T, long?> get) : ListField<T>(path, (in T item) => -get(item) ?? long.MinValue)
{
    public override ListPredicate<T>? Compile(FilterComparison comparison, DateTimeOffset now, ViolationList violations)
    {
        long ticks = now.UtcTicks;
        return DurationField<T>.Compile(comparison, (in T item) => ticks - get(item), violations);
    }
}
