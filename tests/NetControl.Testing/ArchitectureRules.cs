using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace NetControl.Testing;

/// <summary>Reads the arrows between the projects from what the compiler really recorded.</summary>
public static class ArchitectureRules
{
    /// <summary>The names of this solution's assemblies that an assembly refers to, sorted.</summary>
    public static string[] NetControlReferences(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        return [.. assembly.GetReferencedAssemblies()
            .Select(name => name.Name!)
            .Where(name => name.StartsWith("NetControl.", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>Those references of an assembly that are not in the list of what it may refer to.</summary>
    public static string[] ForbiddenReferences(Assembly assembly, params string[] allowed) =>
        [.. NetControlReferences(assembly).Except(allowed, StringComparer.Ordinal)];

    /// <summary>Where a project and its README do not agree: folders that it does not name, and those that it names and are not there.</summary>
    /// <param name="project">The project's name.</param>
    /// <param name="test">The test's file, which lies in the folder of a project under <c>tests/</c>.</param>
    public static string[] FoldersAgainstReadme(string project, [CallerFilePath] string test = "")
    {
        string folder = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(test)!, "../../src", project));
        Regex mention = new("`(?<folder>[A-Z][A-Za-z0-9]*)/", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10));
        string[] named = [.. mention.Matches(File.ReadAllText(Path.Combine(folder, "README.md"))).Select(match => match.Groups["folder"].Value)];
        string[] there = [.. Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)!).Where(name => char.IsAsciiLetterUpper(name[0]))];
        return [.. named.Except(there, StringComparer.Ordinal), .. there.Except(named, StringComparer.Ordinal)];
    }
}
