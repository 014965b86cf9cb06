using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using NetControl.Testing;

namespace NetControl.Engine.Tests;

/// <summary>Holds the project arrows of the house style: what this layer may refer to, and nothing else.</summary>
public sealed class ArchitectureTests
{
    [Fact]
    public void Readme_NamesEveryFolder() => Assert.Empty(ArchitectureRules.FoldersAgainstReadme("NetControl.Engine"));

    [Fact]
    public void References_AreOnlyTheLayersBelow()
    {
        Assert.Empty(ArchitectureRules.ForbiddenReferences(typeof(NetControl.Engine.PacketEngine).Assembly, "NetControl.Network", "NetControl.Stack"));
    }

    [Fact]
    public void UnsafeCodeAndNativeBindings_LiveInInteropOnly()
    {
        string source = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../src"));
        string interop = Path.Combine(source, "NetControl.Engine", "Interop") + Path.DirectorySeparatorChar;
        Regex native = new(
            @"^(?!\s*//).*(\bunsafe\b|\[LibraryImport|\[DllImport|\bNativeLibrary\b|\bfixed\s*\()",
            RegexOptions.Multiline | RegexOptions.ExplicitCapture,
            TimeSpan.FromSeconds(10));
        string[] files = [.. Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))];
        Assert.Contains(files, file => file.StartsWith(interop, StringComparison.Ordinal));
        Assert.DoesNotContain(files, file => !file.StartsWith(interop, StringComparison.Ordinal) && native.IsMatch(File.ReadAllText(file)));
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
