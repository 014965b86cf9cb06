using System.Diagnostics;
using System.Runtime.InteropServices;
using SharpFuzz;

namespace NetControl.Fuzz.Machine;

/// <summary>Copies this program, instruments the copy's NetControl assemblies, and runs it: the build output stays as it is.</summary>
internal static class InstrumentedCopy
{
    /// <summary>Tells the copy where the repository is.</summary>
    public const string RootVariable = "NETCONTROL_FUZZ_ROOT";

    private static readonly string[] s_instrumented =
    [
        "NetControl.Network.dll", "NetControl.Stack.dll", "NetControl.Transport.dll", "NetControl.Engine.dll", "NetControl.ControlPlane.dll",
        "netcontrold.dll",
    ];

    /// <summary>Runs the copy with the same arguments and returns its exit code.</summary>
    public static int Run(string[] args, FuzzOptions options)
    {
        string folder = Directory.CreateTempSubdirectory("netcontrol-fuzz-").FullName;
        try
        {
            // What is native lies in a folder of its own; without it, code that needs it would fail, and be left out.
            string native = Path.Combine("runtimes", RuntimeInformation.RuntimeIdentifier, "native");
            CopyFiles(AppContext.BaseDirectory, folder);
            CopyFiles(Path.Combine(AppContext.BaseDirectory, native), Path.Combine(folder, native));

            foreach (string assembly in s_instrumented)
            {
                _ = Fuzzer.Instrument(Path.Combine(folder, assembly), static _ => true, Options.Value).Count();
            }

            string current = Path.Combine(folder, "current");
            string program = Path.Combine(folder, "NetControl.Fuzz.dll");
            ProcessStartInfo start = new("dotnet", ["exec", program, .. args]) { UseShellExecute = false };
            start.Environment[Coverage.Variable] = current;
            start.Environment[RootVariable] = Path.GetFullPath(Path.Combine(options.Failures, "..", ".."));
            using Process process = Process.Start(start)!;
            process.WaitForExit();
            if (process.ExitCode is not (0 or 1 or 2) && File.Exists(current))
            {
                // Too sudden for the copy to say what it was: a stack overflow, a hang.
                string kept = CurrentInput.Keep(current, options.Failures);
                Console.Error.WriteLine($"the program died with code {process.ExitCode}; its input: {kept}");
                return 1;
            }

            return process.ExitCode;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void CopyFiles(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }
}
