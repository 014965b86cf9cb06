using System.Runtime.CompilerServices;
using NetControl.Testing;

namespace NetControl.EndToEnd.Tests;

/// <summary>Programs of the Node world that the tests drive: installed once, at the versions of <c>Node/package-lock.json</c>.</summary>
internal static class ForeignTools
{
    private static readonly Lock s_gate = new();

    /// <summary>The repository's root.</summary>
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "../.."));

    /// <summary>The folder in which they are; skips the test where Node is missing, and fails it in CI.</summary>
    public static string Install()
    {
        Tools.Require("node");
        Tools.Require("npm");
        string source = Path.Combine(Root, "tests/NetControl.EndToEnd.Tests/Node");
        string target = Path.Combine(Root, "artifacts/node");
        string mark = Path.Combine(target, "installed");
        lock (s_gate)
        {
            Directory.CreateDirectory(target);
            foreach (string file in Directory.GetFiles(source))
            {
                File.Copy(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
            }

            string wanted = File.ReadAllText(Path.Combine(source, "package-lock.json"));
            if (!File.Exists(mark) || File.ReadAllText(mark) != wanted)
            {
                CommandResult result = NetNamespace.RunCommand("npm", "install", "--prefix", target, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund");
                Assert.True(result.ExitCode == 0, $"npm install: {result.Error}{result.Output}");
                File.WriteAllText(mark, wanted);
            }
        }

        return target;
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
