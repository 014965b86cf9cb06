using System.CommandLine;
using NetControl.Server.Hosting;

namespace NetControl.Server;

/// <summary>The entry point of netcontrold.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        ParseResult parsed = ServerCommand.Create(ServerProcess.RunAsync).Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync($"netcontrold: {error.Message}");
            }

            await Console.Error.WriteLineAsync("netcontrold: see netcontrold --help");
            return ExitCode.Usage;
        }

        // Signals are the process's own business: see ProcessSignals.
        return await parsed.InvokeAsync(
            new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
    }
}
