namespace NetControl.Fuzz.Machine;

/// <summary>All that one command line asks for.</summary>
internal static class FuzzSession
{
    public static int Run(FuzzOptions options)
    {
        Coverage.Attach();
        string[] names = options.Targets.Count > 0 ? [.. options.Targets] : [.. FuzzTargets.Names];
        if (options.WriteSeeds)
        {
            Array.ForEach(names, name => WriteSeeds(name, options.Corpus));
            return 0;
        }

        if (options.Replay is { } file)
        {
            return new FuzzRun(names[0], FuzzTargets.Find(names[0])!(), options).Try(File.ReadAllBytes(file), file) ? 0 : 1;
        }

        Console.WriteLine($"seed {options.Seed}");
        bool kept = true;
        foreach (string name in names)
        {
            kept &= new FuzzRun(name, FuzzTargets.Find(name)!(), options).Run(options.Seconds / names.Length);
        }

        return kept ? 0 : 1;
    }

    private static void WriteSeeds(string name, string corpus)
    {
        string folder = Path.Combine(corpus, name);
        Directory.CreateDirectory(folder);
        foreach ((string seed, byte[] input) in FuzzTargets.Find(name)!().Seeds())
        {
            File.WriteAllBytes(Path.Combine(folder, seed), input);
        }
    }
}
