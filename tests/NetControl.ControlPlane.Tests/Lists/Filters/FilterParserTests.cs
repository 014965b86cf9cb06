using CsCheck;
using NetControl.ControlPlane.Lists;
using NetControl.ControlPlane.Lists.Filters;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Tests.Lists.Filters;

public sealed class FilterParserTests
{
    [Fact]
    public void AnyTree_WrittenAndRead_IsTheSameFilter() => FilterTexts.Any.Sample(tree =>
    {
        ViolationList violations = new();
        FilterNode? read = FilterParser.Parse($"{tree}", "filter", violations);
        Assert.Empty(violations.Items);
        Assert.Equal($"{tree}", $"{read}");
    }, iter: 2000);

    [Fact]
    public void AnyFilter_ChoosesWhatItsTreeMeans() => Gen.Select(FilterTexts.Any, Things.Many).Sample((tree, things) =>
    {
        ViolationList violations = new();
        ListPredicate<Thing>? predicate =
            Thing.Schema.Compile(FilterParser.Parse($"{tree}", "filter", violations), Thing.Now, violations);
        Assert.Empty(violations.Items);
        Assert.Equal(things.Where(thing => thing.IsChosenBy(tree)), things.Where(thing => predicate is null || predicate(thing)));
    }, iter: 2000);

    [Theory]
    [InlineData("")]
    [InlineData("  \t\n ")]
    public void Nothing_ChoosesAll(string text)
    {
        ViolationList violations = new();
        Assert.Null(FilterParser.Parse(text, "filter", violations));
        Assert.Empty(violations.Items);
    }

    [Theory]
    [InlineData("a=1 AND b=2", "a=\"1\" AND b=\"2\"")]
    [InlineData("a = 1 AND (b!=x* OR NOT c:*)", "a=\"1\" AND (b!=\"x*\" OR NOT c:\"*\")")]
    [InlineData("-a>=1", "NOT a>=\"1\"")]
    [InlineData("NOT(a<=1 OR a:x)", "NOT (a<=\"1\" OR a:\"x\")")]
    [InlineData("((a=1))", "a=\"1\"")]
    [InlineData("a='it\\'s \\*' AND b=\"\"", "a=\"it's \\*\" AND b=\"\"")]
    [InlineData("a.b.c=[fd77::1]:443", "a.b.c=\"[fd77::1]:443\"")]
    [InlineData("t>2026-01-31T12:00:00Z", "t>\"2026-01-31T12:00:00Z\"")]
    public void WhatPeopleWrite_IsRead(string text, string meaning)
    {
        ViolationList violations = new();
        Assert.Equal(meaning, $"{FilterParser.Parse(text, "filter", violations)}");
        Assert.Empty(violations.Items);
    }

    [Theory]
    [InlineData("egress", "\"egress\" at column 1 is not followed by an operator")]
    [InlineData("a=1 b=2", "\"b=2\" at column 5 stands where AND or OR is expected")]
    [InlineData("a=1 and b=2", "\"and\" at column 5 stands where AND or OR is expected; write it in capitals")]
    [InlineData("a=1 AND b=2 OR c=3", "\"OR\" at column 13 follows AND, and does not say which of them is meant first; put parentheses")]
    [InlineData("a=1 AND", "\"\" at column 8 stands where a field is expected")]
    [InlineData("(a=1", "\"(\" at column 1 is not closed")]
    [InlineData("a=1)", "\")\" at column 4 closes nothing")]
    [InlineData("a=", "\"a=\" at column 3 is not followed by a whole value")]
    [InlineData("a=\"x", "\"a=\" at column 3 is not followed by a whole value")]
    [InlineData("a=\"x\"y", "\"a=\" at column 3 is not followed by a whole value")]
    [InlineData("=1", "\"=1\" at column 1 stands where a field is expected")]
    [InlineData("NOT NOT a=1", "\"NOT\" at column 5 is not followed by an operator")]
    [InlineData("a=\0", "\"\\u0000\" at column 3 is a control character")]
    public void AFault_IsToldWithItsColumnAndTheFix(string text, string beginning)
    {
        ViolationList violations = new();
        Assert.Null(FilterParser.Parse(text, "filter", violations));
        Violation violation = Assert.Single(violations.Items);
        Assert.StartsWith(beginning, violation.Description, StringComparison.Ordinal);
        Assert.Contains(';', violation.Description);
    }

    // Anybody may send a filter: neither its length nor its depth may cost more than a little.
    [Fact]
    public void WhatIsTooLongOrTooDeep_IsRefused()
    {
        foreach (string text in (string[])[new string('(', 4000), $"a={new string('x', 5000)}"])
        {
            ViolationList violations = new();
            Assert.Null(FilterParser.Parse(text, "filter", violations));
            Assert.Single(violations.Items);
        }

        string deep = $"{new string('(', 32)}a=1{new string(')', 32)}";
        Assert.Equal("a=\"1\"", $"{FilterParser.Parse(deep, "filter", new ViolationList())}");
    }
}
