using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace NetControl.Fuzz.Machine;

/// <summary>The command line.</summary>
internal sealed record FuzzOptions
{
    private const string Help = """
        NetControl.Fuzz: runs the corpus, then looks for inputs that break a parser, a protocol machine or the whole stack.

          --target NAME    one target; may be repeated. The default is all of them.
          --seconds N      how long in all, shared among the targets; 0 runs the corpus only. The default is NETCONTROL_FUZZ_SECONDS, or 60.
          --seed N         of the mutations; the default is the time.
          --corpus DIR     where the corpus is; the default is tests/NetControl.Fuzz/corpus.
          --save DIR       write inputs that reach new code there.
          --failures DIR   where an input that fails is written; the default is artifacts/fuzz.
          --replay FILE    run this input through the one target named, and end.
          --write-seeds    write the targets' own seeds into the corpus, and end.
          --blind          without instrumentation: faster, but nothing tells a useful mutation from another.
        Exit codes: 0 nothing found, 1 an input failed, 2 wrong command line.
        """;

    public IReadOnlyList<string> Targets { get; init; } = [];

    public double Seconds { get; init; } = 60;

    public int Seed { get; init; } = Environment.TickCount;

    public string Corpus { get; init; } = "";

    public string? Save { get; init; }

    public string Failures { get; init; } = "";

    public string? Replay { get; init; }

    public bool WriteSeeds { get; init; }

    public bool Blind { get; init; }

    public static bool TryParse(string[] args, [NotNullWhen(true)] out FuzzOptions? options, out string message)
    {
        string root = FindRoot();
        FuzzOptions read = new()
        {
            Corpus = Path.Combine(root, "tests", "NetControl.Fuzz", "corpus"),
            Failures = Path.Combine(root, "artifacts", "fuzz"),
            Seconds = Number(Environment.GetEnvironmentVariable("NETCONTROL_FUZZ_SECONDS")) ?? 60,
        };
        options = null;
        message = Help;
        for (int i = 0; i < args.Length; i++)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            bool flag = args[i] is "--write-seeds" or "--blind";
            FuzzOptions? next = (args[i], value) switch
            {
                ("--write-seeds", _) => read with { WriteSeeds = true },
                ("--blind", _) => read with { Blind = true },
                ("--target", not null) => read with { Targets = [.. read.Targets, value] },
                ("--seconds", not null) when Number(value) is { } seconds => read with { Seconds = seconds },
                ("--seed", not null) when int.TryParse(value, CultureInfo.InvariantCulture, out int seed) => read with { Seed = seed },
                ("--corpus", not null) => read with { Corpus = value },
                ("--save", not null) => read with { Save = value },
                ("--failures", not null) => read with { Failures = value },
                ("--replay", not null) => read with { Replay = value },
                _ => null,
            };
            if (next is null)
            {
                return false;
            }

            read = next;
            i += flag ? 0 : 1;
        }

        string? unknown = read.Targets.FirstOrDefault(name => FuzzTargets.Find(name) is null);
        if (unknown is not null || (read.Replay is not null && read.Targets.Count != 1))
        {
            message = $"name one of the targets: {string.Join(", ", FuzzTargets.Names)}\n\n{Help}";
            return false;
        }

        options = read;
        return true;
    }

    private static double? Number(string? text) =>
        double.TryParse(text, CultureInfo.InvariantCulture, out double number) && number >= 0 ? number : null;

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "NetControl.sln")))
            {
                return folder.FullName;
            }
        }

        return Environment.GetEnvironmentVariable(InstrumentedCopy.RootVariable) ?? Environment.CurrentDirectory;
    }
}
