using NetControl.ControlPlane.Lists.Filters;
using NetControl.ControlPlane.Validation;
using NetControl.Network;

namespace NetControl.ControlPlane.Lists.Fields;

/// <summary>An address with a port, compared with one, with an address, or with a network.</summary>
internal sealed class EndpointField<T>(string path, ListGetter<T, AddrPort> get) : ListField<T>(path, null)
{
    public override ListPredicate<T>? Compile(FilterComparison comparison, DateTimeOffset now, ViolationList violations)
    {
        if (comparison.Operator is not (FilterOperator.Equal or FilterOperator.NotEqual))
        {
            return RefuseOperator(comparison, "an address with a port", "= or !=", violations);
        }

        bool equal = comparison.Operator == FilterOperator.Equal;
        string text = comparison.Value.Text;
        if (IpPrefix.TryParse(text, out IpPrefix network))
        {
            return (in T item) => network.Contains(get(item).Address) == equal;
        }

        return AddrPort.TryParse(text, out AddrPort endpoint)
            ? (in T item) => get(item) == endpoint == equal
            : RefuseValue(comparison, "is neither an address, with a port or without, nor a network",
                $"write e.g. 192.0.2.1, [2001:db8::1]:443 or 10.0.0.0/8, or {Path}.port for a port alone", violations);
    }
}
