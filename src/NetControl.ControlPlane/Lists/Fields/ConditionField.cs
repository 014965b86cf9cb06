using NetControl.ControlPlane.Conditions;
using NetControl.ControlPlane.Lists.Filters;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Lists.Fields;

/// <summary>The conditions: <c>conditions.Ready=false</c>, <c>conditions.Ready.reason=NO_PROXY</c>, <c>conditions.Ready.age&gt;5m</c>, and
/// <c>conditions.Ready:*</c> for one that applies at all.</summary>
internal sealed class ConditionField<T>(IReadOnlyList<string> types, ListGetter<T, IReadOnlyList<Condition>> get) : ListField<T>("conditions", null)
{
    /// <summary>The types that there are.</summary>
    public IReadOnlyList<string> Types => types;

    public override bool Owns(string path) => path.StartsWith("conditions.", StringComparison.Ordinal) || path == Path;

    public override ListPredicate<T>? Compile(FilterComparison comparison, DateTimeOffset now, ViolationList violations)
    {
        string[] path = comparison.Path.Split('.');
        string type = path.ElementAtOrDefault(1) ?? "";
        if (!types.Contains(type, StringComparer.Ordinal))
        {
            violations.Add("filter", FilterValue.Shorten(comparison.Path), $"at column {comparison.Column} names no condition of these resources",
                Spelling.Fix(comparison.Path, [.. types.Select(known => $"conditions.{known}")]), "UNKNOWN_FIELD");
            return null;
        }

        ListPredicate<T>? Unknown()
        {
            violations.Add("filter", FilterValue.Shorten(comparison.Path), $"at column {comparison.Column} is no part of a condition",
                $"write conditions.{type}, or it with .reason, .message or .age", "UNKNOWN_FIELD");
            return null;
        }

        Condition? Find(in T item)
        {
            foreach (Condition condition in get(item))
            {
                if (string.Equals(condition.Type, type, StringComparison.Ordinal))
                {
                    return condition;
                }
            }

            return null;
        }

        return (path.Length, path.ElementAtOrDefault(2)) switch
        {
            (2, _) when comparison is { Operator: FilterOperator.Has, Value.IsAnything: true } => (in T item) => Find(item) is not null,
            (2, _) => FlagField<T>.Compile(comparison, "STATUS_", (in T item) => Find(item)?.Holds, violations),
            (3, "status") => FlagField<T>.Compile(comparison, "STATUS_", (in T item) => Find(item)?.Holds, violations),
            (3, "reason") => new TextField<T>(comparison.Path, (in T item) => Find(item)?.Reason ?? "").Compile(comparison, now, violations),
            (3, "message") => new TextField<T>(comparison.Path, (in T item) => Find(item)?.Message ?? "").Compile(comparison, now, violations),
            (3, "age") => new AgeField<T>(comparison.Path, (in T item) => Find(item)?.Since.UtcTicks).Compile(comparison, now, violations),
            (3, "last_transition_time") =>
                new TimeField<T>(comparison.Path, (in T item) => Find(item)?.Since.UtcTicks).Compile(comparison, now, violations),
            _ => Unknown(),
        };
    }
}
