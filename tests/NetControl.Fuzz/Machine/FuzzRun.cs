using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace NetControl.Fuzz.Machine;

/// <summary>One target's turn: its corpus, then mutations of whatever reached new code, until the time is over.</summary>
internal sealed class FuzzRun(string name, IFuzzTarget target, FuzzOptions options)
{
    /// <summary>The longest input.</summary>
    public const int MaxInput = 8192;

    private static readonly TimeSpan s_hang = TimeSpan.FromSeconds(10);
    private readonly List<byte[]> _pool = [];
    private readonly Random _random = new(options.Seed);
    private CurrentInput? _current;
    private long _startedAt;
    private long _executions;

    /// <summary>Runs the corpus and fuzzes. Returns whether every promise was kept.</summary>
    public bool Run(double seconds)
    {
        Coverage.Reset();
        using CurrentInput? current = Environment.GetEnvironmentVariable(Coverage.Variable) is { } path ? new CurrentInput(path, name) : null;
        using Timer watch = new(_ => DieIfHanging(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        _current = current;
        string corpus = Path.Combine(options.Corpus, name);
        string[] files = Directory.Exists(corpus) ? [.. Directory.EnumerateFiles(corpus).Order(StringComparer.Ordinal)] : [];
        foreach (string file in files)
        {
            if (!Try(File.ReadAllBytes(file), file))
            {
                return false;
            }
        }

        foreach ((string seed, byte[] input) in target.Seeds())
        {
            if (!Try(input, seed))
            {
                return false;
            }
        }

        int begun = _pool.Count;
        Mutator mutator = new(_random);
        byte[] room = new byte[MaxInput];
        long start = Stopwatch.GetTimestamp();
        long before = _executions;
        while (seconds > 0 && Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
        {
            for (int i = 0; i < 64; i++)
            {
                int length = mutator.Mutate(Pick(), Pick(), room);
                if (!Try(room.AsSpan(0, length), null))
                {
                    return false;
                }
            }
        }

        double took = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long executions = _executions - before;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-12} {files.Length,4} files, {executions,10} executions, {executions / Math.Max(took, 0.001),8:0}/s, ")
            + string.Create(CultureInfo.InvariantCulture, $"{_pool.Count - begun,5} inputs with news, {Coverage.Reached,6} places reached"));
        return true;
    }

    /// <summary>Runs one input.</summary>
    public bool Try(ReadOnlySpan<byte> input, string? origin)
    {
        _current?.Note(input);
        Volatile.Write(ref _startedAt, Stopwatch.GetTimestamp());
        Coverage.Begin();
        _executions++;
        try
        {
            target.Run(input);
        }
        catch (Exception e)
        {
            string kept = CurrentInput.Keep(name, input, options.Failures);
            Console.Error.WriteLine($"{name}: {origin ?? "a mutation"} failed; reproduce with --target {name} --replay {kept}\n{e}");
            return false;
        }
        finally
        {
            Volatile.Write(ref _startedAt, 0);
        }

        if (Coverage.IsPresent ? Coverage.IsNews() : origin is not null)
        {
            Keep(input, origin);
        }

        return true;
    }

    private void Keep(ReadOnlySpan<byte> input, string? origin)
    {
        _pool.Add(input.ToArray());
        if (options.Save is { } folder && origin is null)
        {
            string into = Path.Combine(folder, name);
            Directory.CreateDirectory(into);
            File.WriteAllBytes(Path.Combine(into, Convert.ToHexStringLower(SHA256.HashData(input))[..16]), input);
        }
    }

    // The newest half of the time: what has just reached new code is likeliest to reach more.
    private byte[] Pick() => _pool.Count == 0
        ? []
        : _pool[_random.Next(2) == 0 ? _random.Next(_pool.Count) : _random.Next(Math.Max(0, _pool.Count - 32), _pool.Count)];

    private void DieIfHanging()
    {
        long started = Volatile.Read(ref _startedAt);
        if (started != 0 && Stopwatch.GetElapsedTime(started) > s_hang)
        {
            Environment.FailFast($"{name}: an input runs for more than {s_hang.TotalSeconds} s");
        }
    }
}
