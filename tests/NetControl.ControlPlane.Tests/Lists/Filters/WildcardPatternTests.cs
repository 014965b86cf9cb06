using System.Text.RegularExpressions;
using CsCheck;
using NetControl.ControlPlane.Lists.Filters;

namespace NetControl.ControlPlane.Tests.Lists.Filters;

public sealed class WildcardPatternTests
{
    [Fact]
    public void Matches_AsARegularExpressionDoes()
    {
        Gen<string> text = Gen.Char["ab*"].Array[0, 8].Select(chars => new string(chars));
        Gen.Select(text, Gen.Char["ab"].Array[0, 12].Select(chars => new string(chars))).Sample((pattern, candidate) =>
        {
            Regex regex = new($@"\A{pattern.Replace("*", ".*")}\z", RegexOptions.NonBacktracking);
            Assert.Equal(regex.IsMatch(candidate), WildcardPattern.Parse(pattern).Matches(candidate));
        }, iter: 20_000);
    }

    // The first and the last part may not share what there is only once.
    [Theory]
    [InlineData("ab*ba", "aba", false)]
    [InlineData("ab*ba", "abba", true)]
    [InlineData("*", "", true)]
    [InlineData("", "", true)]
    [InlineData("", "x", false)]
    public void Ends_DoNotOverlap(string pattern, string text, bool matches) => Assert.Equal(matches, WildcardPattern.Parse(pattern).Matches(text));
}
