using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetControl.Server.Hosting;

/// <summary>What was built, from what.</summary>
internal static class BuildInfo
{
    static BuildInfo()
    {
        string text = typeof(BuildInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
        int plus = text.IndexOf('+', StringComparison.Ordinal);
        Version = plus < 0 ? text : text[..plus];
        Commit = plus < 0 ? "" : text[(plus + 1)..];
        Runtime = $"{RuntimeInformation.FrameworkDescription} {(RuntimeFeature.IsDynamicCodeSupported ? "jit" : "native")}";
    }

    public static string Version { get; }

    public static string Commit { get; }

    public static string Runtime { get; }
}
