using NetControl.ControlPlane.Lists.Filters;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Lists.Fields;

/// <summary>Several texts: <c>:</c> asks for one of them, which may be a name without its collection.</summary>
internal sealed class TextListField<T>(string path, ListGetter<T, IEnumerable<string>> get) : ListField<T>(path, null)
{
    public override ListPredicate<T>? Compile(FilterComparison comparison, DateTimeOffset now, ViolationList violations)
    {
        if (comparison.Operator != FilterOperator.Has)
        {
            return RefuseOperator(comparison, "a list", ":, after NOT for the opposite", violations);
        }

        Func<string, bool> same = NameField<T>.SameName(comparison.Value.Pattern);
        return (in T item) => get(item).Any(same);
    }
}
