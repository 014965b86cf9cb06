using NetControl.ControlPlane.Lists.Filters;

namespace NetControl.ControlPlane.Lists.Fields;

/// <summary>A resource name, the item's own or one that it refers to. A value without a slash is compared with the id alone.</summary>
internal sealed class NameField<T>(string path, ListGetter<T, string> get, bool sorts = true) : TextField<T>(path, get, sorts)
{
    /// <summary>Compares names with a pattern that may leave the collection out.</summary>
    public static Func<string, bool> SameName(WildcardPattern pattern) => pattern.Parts.Any(part => part.Contains('/', StringComparison.Ordinal))
        ? text => pattern.Matches(text)
        : text => pattern.Matches(text.AsSpan(text.LastIndexOf('/') + 1));

    protected override Func<string, bool> Same(WildcardPattern pattern) => SameName(pattern);
}
