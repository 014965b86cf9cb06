using System.Reflection;
using System.Runtime.InteropServices;

namespace NetControl.Server.Hosting;

/// <summary>What was built, from what.</summary>
internal static class BuildInfo
{
    static BuildInfo()
    {
        string text = typeof(
            BuildInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
        int plus = text.IndexOf('+', StringComparison.Ordinal);
        Version = plus < 0 ? text : text[..plus];
        Commit = plus < 0 ? "" : text[(plus + 1)..];

        // PublishAot switches IsDynamicCodeSupported off in the ordinary build too; a list of assemblies is what only the JIT's host has.
        bool native = AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") is null;
        Runtime = $"{RuntimeInformation.FrameworkDescription} {(native ? "native" : "jit")}";
    }

    public static string Version { get; }

    public static string Commit { get; }

    public static string Runtime { get; }
}
