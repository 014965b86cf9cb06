using NetControl.ControlPlane.Lists.Filters;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Lists.Fields;

/// <summary>A text. <c>=</c> compares the whole, <c>:</c> looks within; <c>*</c> stands for anything.</summary>
internal class TextField<T> : ListField<T>
{
    private readonly ListGetter<T, string> _get;

    public TextField(string path, ListGetter<T, string> get, bool sorts = false)
        : base(path, sorts ? (in T item) => get(item) : null)
    {
        _get = get;
    }

    public override ListPredicate<T>? Compile(FilterComparison comparison, DateTimeOffset now, ViolationList violations)
    {
        ListGetter<T, string> get = _get;
        FilterValue value = comparison.Value;
        switch (comparison.Operator)
        {
            case FilterOperator.Has when value.IsAnything:
                return (in T item) => get(item).Length > 0;
            case FilterOperator.Has:
                WildcardPattern within = value.Pattern.Within();
                return (in T item) => within.Matches(get(item));
            case FilterOperator.Equal:
                Func<string, bool> same = Same(value.Pattern);
                return (in T item) => same(get(item));
            case FilterOperator.NotEqual:
                Func<string, bool> other = Same(value.Pattern);
                return (in T item) => !other(get(item));
            default:
                return RefuseOperator(comparison, "a text", "=, != or :", violations);
        }
    }

    /// <summary>How a whole value is compared.</summary>
    protected virtual Func<string, bool> Same(WildcardPattern pattern) => text => pattern.Matches(text);
}
