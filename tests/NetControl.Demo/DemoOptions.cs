namespace NetControl.Demo;

/// <summary>The command line of the demo.</summary>
/// <param name="Stay">Keep the sandbox running at the end, until Ctrl+C.</param>
internal sealed record DemoOptions(bool Stay)
{
    /// <summary>Reads the command line; null is a wrong one, or a call for help.</summary>
    public static DemoOptions? Parse(string[] args) =>
        Array.TrueForAll(args, arg => arg == "--stay") ? new DemoOptions(args.Length > 0) : null;

    /// <summary>Says how it is used.</summary>
    public static int Usage()
    {
        Console.WriteLine("""
            usage: dotnet run --project tests/NetControl.Demo [-- --stay]

            Makes a network sandbox, starts netcontrold in it, and sends HTTP and DNS through its TUN device while the way out is swapped.

              --stay    leave everything running at the end, to play with, until Ctrl+C
            """);
        return 2;
    }
}
