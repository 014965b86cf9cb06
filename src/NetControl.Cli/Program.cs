using System.CommandLine;
using NetControl.Cli.Commands;

namespace NetControl.Cli;

/// <summary>The entry point of netctl.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        ParseResult parsed = NetctlCommand.Create().Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync($"netctl: {error.Message}");
            }

            await Console.Error.WriteLineAsync("netctl: see netctl --help");
            return ExitCode.Usage;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }
}
