using System.Diagnostics;
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
            foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory))
            {
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            }

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
}
