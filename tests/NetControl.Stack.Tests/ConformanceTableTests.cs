using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace NetControl.Stack.Tests;

/// <summary>The conformance tables name tests; each of them must exist.</summary>
public sealed partial class ConformanceTableTests
{
    [Fact]
    public void EveryTestThatATableNames_Exists()
    {
        HashSet<string> tests = [.. typeof(ConformanceTableTests).Assembly.GetTypes()
            .SelectMany(static type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            .Select(static method => method.Name)];
        string[] named = [.. Directory.GetFiles(StackFolder(), "CONFORMANCE*.md")
            .SelectMany(static file => TestName().Matches(File.ReadAllText(file)).Select(static match => match.Groups[1].Value))];
        Assert.NotEmpty(named);
        Assert.Equal("", string.Join(", ", named.Where(name => !tests.Contains(name))));
    }

    [GeneratedRegex("`([A-Z][A-Za-z0-9]*_[A-Za-z0-9_]+)`")]
    private static partial Regex TestName();

    private static string StackFolder([CallerFilePath] string file = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", "..", "src", "NetControl.Stack"));
}
