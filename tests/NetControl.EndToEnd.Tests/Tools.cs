namespace NetControl.EndToEnd.Tests;

/// <summary>The real programs that the tests drive.</summary>
internal static class Tools
{
    /// <summary>Skips the test where a program is missing; in CI that is a failure.</summary>
    public static void Require(string program)
    {
        string path = Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/sbin";
        if (program.Contains('/') || path.Split(':').Any(folder => File.Exists(Path.Combine(folder, program))))
        {
            return;
        }

        string reason = $"needs the program {program}: .ci/deps installs it";
        if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
        {
            Assert.Fail(reason);
        }

        Assert.Skip(reason);
    }
}
