using CsCheck;
using NetControl.ControlPlane.Tests.Lists.Filters;

namespace NetControl.ControlPlane.Tests.Lists;

/// <summary>Random things.</summary>
internal static class Things
{
    private static readonly Gen<string> s_text = FilterTexts.OneOf("", "a", "b", "ab", "aab", "a b", "(", "\"", "\\", "*", "äb", "things/a");

    /// <summary>Any number of them, each with a name of its own, in no order.</summary>
    public static readonly Gen<Thing[]> Many = Gen.Select(
        Gen.Shuffle(Enumerable.Range(0, 40).Select(i => $"things/{(char)('a' + (i % 3))}{i}").ToArray()),
        Gen.Select(s_text, s_text.Array[0, 2], Gen.Int[-2, 5], Gen.Int[-1, 5], Gen.Int[0, 2], Gen.Bool).Array[0, 40]).Select((names, values) =>
        values.Select((v, i) => new Thing(names[i], v.Item1, v.Item2, v.Item3, v.Item4 < 0 ? null : v.Item4, v.Item5, v.Item6)).ToArray());
}
