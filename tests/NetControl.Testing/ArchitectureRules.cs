using System.Reflection;

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
}
