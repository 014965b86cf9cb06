using NetControl.ControlPlane.Lists.Filters;
using NetControl.ControlPlane.Validation;
using NetControl.Network;

namespace NetControl.ControlPlane.Lists.Fields;

/// <summary>Several networks: <c>:</c> asks for one that holds an address, or all of a network.</summary>
internal sealed class PrefixListField<T>(string path, ListGetter<T, IReadOnlyList<IpPrefix>> get) : ListField<T>(path, null)
{
    public override ListPredicate<T>? Compile(FilterComparison comparison, DateTimeOffset now, ViolationList violations)
    {
        if (comparison.Operator != FilterOperator.Has)
        {
            return RefuseOperator(comparison, "a list", ":, after NOT for the opposite", violations);
        }

        if (comparison.Value.IsAnything)
        {
            return (in T item) => get(item).Count > 0;
        }

        return IpPrefix.TryParse(comparison.Value.Text, out IpPrefix wanted)
            ? (in T item) => get(item).Any(one => one.Length <= wanted.Length && one.Contains(wanted.Address))
            : RefuseValue(comparison, "is neither an address nor a network", "write e.g. 10.1.2.3 or fd00::/8", violations);
    }
}
