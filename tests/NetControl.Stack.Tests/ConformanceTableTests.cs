using System.Text.RegularExpressions;

namespace NetControl.Stack.Tests;

/// <summary>The table of RFCs names tests; a renamed or lost one would leave it telling tales.</summary>
public sealed partial class ConformanceTableTests
{
    [Fact]
    public void EveryTestThatTheTableNames_Exists()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "NetControl.sln")))
        {
            root = Path.GetDirectoryName(root) ?? throw new DirectoryNotFoundException("no NetControl.sln above the tests");
        }

        HashSet<string> tests = new(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(root, "tests"), "*.cs", SearchOption.AllDirectories))
        {
            tests.UnionWith(Method().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value));
        }

        string[] tables = Directory.GetFiles(Path.Combine(root, "src", "NetControl.Stack"), "CONFORMANCE*.md");
        string[] named = [.. tables.SelectMany(table => Named().Matches(File.ReadAllText(table))).Select(match => match.Groups[1].Value)];
        Assert.NotEmpty(named);
        Assert.Equal([], named.Where(name => !tests.Contains(name)));
    }

    [GeneratedRegex(@"public (?:async )?(?:void|Task) (\w+)\(")]
    private static partial Regex Method();

    [GeneratedRegex(@"`([A-Z]\w*_\w+)`")]
    private static partial Regex Named();
}
