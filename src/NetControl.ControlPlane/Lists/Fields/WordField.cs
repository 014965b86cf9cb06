using NetControl.ControlPlane.Lists.Filters;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Lists.Fields;

/// <summary>One word of a few, such as a state; in the order of the words.</summary>
/// <param name="path">The field.</param>
/// <param name="prefix">The enumeration's prefix, which may be left out.</param>
/// <param name="words">The words behind it.</param>
/// <param name="get">The word's place among them.</param>
internal sealed class WordField<T>(string path, string prefix, string[] words, ListGetter<T, int> get) : ListField<T>(path, (in T item) => get(item))
{
    public override IReadOnlyList<string> Words => words;

    public override string Prefix => prefix;

    public override ListPredicate<T>? Compile(FilterComparison comparison, DateTimeOffset now, ViolationList violations)
    {
        if (comparison.Operator is not (FilterOperator.Equal or FilterOperator.NotEqual))
        {
            return RefuseOperator(comparison, "one of a few words", "= or !=", violations);
        }

        int wanted = Find(comparison.Value.Text, words, prefix);
        if (wanted < 0)
        {
            return RefuseValue(comparison, $"is not a word of {Path}", Spelling.Fix(comparison.Value.Text, words), violations);
        }

        bool equal = comparison.Operator == FilterOperator.Equal;
        return (in T item) => get(item) == wanted == equal;
    }

    /// <summary>A word's place, as it stands or behind its enumeration's prefix, in any case; -1 where it is none of them.</summary>
    public static int Find(string text, string[] words, string prefix) => Array.FindIndex(words, word =>
        text.EndsWith(word, StringComparison.OrdinalIgnoreCase)
        && (text.Length == word.Length || prefix.Equals(text[..^word.Length], StringComparison.OrdinalIgnoreCase)));
}
