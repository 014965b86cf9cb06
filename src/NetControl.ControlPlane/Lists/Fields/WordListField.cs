using NetControl.ControlPlane.Lists.Filters;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Lists.Fields;

/// <summary>Several words of a few: <c>:</c> asks for one of them.</summary>
/// <param name="path">The field.</param>
/// <param name="prefix">The enumeration's prefix, which may be left out.</param>
/// <param name="words">The words behind it.</param>
/// <param name="get">The places of the item's words among them.</param>
internal sealed class WordListField<T>(string path, string prefix, string[] words, ListGetter<T, IEnumerable<int>> get) : ListField<T>(path, null)
{
    public override IReadOnlyList<string> Words => words;

    public override string Prefix => prefix;

    public override ListPredicate<T>? Compile(FilterComparison comparison, DateTimeOffset now, ViolationList violations)
    {
        if (comparison.Operator != FilterOperator.Has)
        {
            return RefuseOperator(comparison, "a list", ":, after NOT for the opposite", violations);
        }

        if (comparison.Value.IsAnything)
        {
            return (in T item) => get(item).Any();
        }

        int wanted = WordField<T>.Find(comparison.Value.Text, words, prefix);
        return wanted < 0
            ? RefuseValue(comparison, $"is not a word of {Path}", Spelling.Fix(comparison.Value.Text, words), violations)
            : (in T item) => get(item).Contains(wanted);
    }
}
