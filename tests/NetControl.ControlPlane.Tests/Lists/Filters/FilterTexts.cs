using CsCheck;
using NetControl.ControlPlane.Lists.Filters;

namespace NetControl.ControlPlane.Tests.Lists.Filters;

/// <summary>Random filters over the fields of <see cref="Thing"/>, as trees.</summary>
internal static class FilterTexts
{
    private static readonly Gen<string> s_text = OneOf("", "a", "b", "ab", "a b", "(", ")", "\"", "'", "\\", "*", "things/a", "AND", "-", "ä");

    private static readonly Gen<WildcardPattern> s_pattern =
        Gen.Select(s_text, s_text).Array[1, 3].Select(parts => new WildcardPattern(parts.Select(pair => pair.Item1 + pair.Item2)));

    private static readonly FilterOperator[] s_texts = [FilterOperator.Equal, FilterOperator.NotEqual, FilterOperator.Has];

    private static readonly FilterOperator[] s_numbers =
        [FilterOperator.Equal, FilterOperator.NotEqual, FilterOperator.Less, FilterOperator.LessOrEqual, FilterOperator.Greater, FilterOperator.GreaterOrEqual];

    private static readonly Gen<FilterNode> s_comparison = Gen.OneOf(
        Compare("label", s_texts, s_pattern),
        Compare("name", s_texts, s_pattern),
        Compare("tags", [FilterOperator.Has], s_pattern),
        Compare("count", s_numbers, Gen.Int[-2, 5].Select(n => new WildcardPattern($"{n}"))),
        Compare("time", s_numbers, Gen.Int[0, 5].Select(n => new WildcardPattern($"1970-01-01T00:00:0{n}Z"))),
        Compare("age", s_numbers, Gen.Int[0, 5].Select(n => new WildcardPattern($"{n}s"))),
        Compare("color", [FilterOperator.Equal, FilterOperator.NotEqual], OneOf("RED", "green", "COLOR_BLUE").Select(w => new WildcardPattern(w))),
        Compare("big", [FilterOperator.Equal, FilterOperator.NotEqual], Gen.Bool.Select(b => new WildcardPattern(b ? "true" : "false"))));

    /// <summary>Filters of any shape.</summary>
    public static readonly Gen<FilterNode> Any = Gen.Recursive<FilterNode>((depth, inner) => depth > 3 ? s_comparison : Gen.Frequency(
        (3, s_comparison),
        (1, inner.Select(node => (FilterNode)new FilterNegation(node))),
        (2, Gen.Select(Gen.Bool, inner.Array[2, 3]).Select((any, nodes) => (FilterNode)new FilterJunction(any, nodes)))));

    /// <summary>One of some values.</summary>
    public static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<FilterNode> Compare(string path, FilterOperator[] operators, Gen<WildcardPattern> values) =>
        Gen.Select(OneOf(operators), values).Select((op, value) => (FilterNode)new FilterComparison(path, op, new FilterValue(value, 1), 1));
}
