using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace NetControl.Testing.Daemon;

/// <summary>A running netcontrold: started with a configuration file, watched for its ready line, ended by signal.</summary>
/// <remarks>
/// The binary is the build output next to the caller's own; the environment variable <c>NETCONTROLD</c> names another one, such as the native
/// build. Lifetime: disposal kills what still runs.
/// </remarks>
public sealed class DaemonProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private DaemonProcess(Process process)
    {
        _process = process;
        Output = ReadOutputAsync();
        ErrorsEnd = ReadErrorsAsync();
    }

    /// <summary>The process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>What it has written to standard error so far.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }

    /// <summary>Resident memory in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            string line = File.ReadLines($"/proc/{Id}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
            return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
    }

    private Task Output { get; }

    private Task ErrorsEnd { get; }

    /// <summary>Where the binary is.</summary>
    /// <exception cref="FileNotFoundException">It has not been built.</exception>
    public static string Locate()
    {
        if (Environment.GetEnvironmentVariable("NETCONTROLD") is { Length: > 0 } named)
        {
            return File.Exists(named) ? named : throw new FileNotFoundException($"NETCONTROLD={named}: there is no such file");
        }

        // artifacts/bin/<project>/<configuration>/ holds the caller; the server's output lies in the same configuration.
        DirectoryInfo own = new(AppContext.BaseDirectory.TrimEnd('/'));
        string path = Path.Combine(own.Parent!.Parent!.FullName, "NetControl.Server", own.Name, "netcontrold");
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} does not exist: build src/NetControl.Server first");
    }

    /// <summary>Starts netcontrold on a configuration file.</summary>
    /// <param name="configuration">The file.</param>
    /// <param name="prefix">A command line that runs the rest of the line, such as <c>ip netns exec NAME</c>; empty runs it here.</param>
    /// <param name="options">Further options for netcontrold.</param>
    public static DaemonProcess Start(string configuration, IReadOnlyList<string>? prefix = null, params string[] options) =>
        Start([.. prefix ?? [], Locate(), "--config", configuration, .. options]);

    /// <summary>Starts netcontrold with a whole command line.</summary>
    public static DaemonProcess Start(IReadOnlyList<string> line)
    {
        ProcessStartInfo start = new(line[0], line.Skip(1))
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new DaemonProcess(Process.Start(start)!);
    }

    /// <summary>Waits for the ready line and returns it.</summary>
    /// <exception cref="InvalidOperationException">It ended or stayed silent; the message holds what it said.</exception>
    public async Task<string> WaitForReadyAsync(TimeSpan? limit = null)
    {
        try
        {
            return await _ready.Task.WaitAsync(limit ?? TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException($"netcontrold did not become ready in time. It said:\n{Errors}", e);
        }
    }

    /// <summary>Waits for the end and returns the exit code.</summary>
    public async Task<int> WaitForExitAsync(TimeSpan? limit = null)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(limit ?? TimeSpan.FromSeconds(30));
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException($"netcontrold did not end in time. It said:\n{Errors}", e);
        }

        await Task.WhenAll(Output, ErrorsEnd);
        return _process.ExitCode;
    }

    /// <summary>Sends a signal, such as <c>TERM</c>.</summary>
    public void Signal(string name)
    {
        using Process kill = Process.Start("/bin/sh", ["-c", $"kill -{name} {Id.ToString(CultureInfo.InvariantCulture)}"]);
        kill.WaitForExit();
    }

    /// <summary>Kills it (SIGKILL) and waits until nothing of it is left.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await WaitForExitAsync();
    }

    /// <summary>Asks it to end in good order and returns its exit code.</summary>
    public Task<int> TerminateAsync()
    {
        Signal("TERM");
        return WaitForExitAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        await Task.WhenAll(Output, ErrorsEnd);
        _process.Dispose();
    }

    private async Task ReadOutputAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("ready:", StringComparison.Ordinal))
            {
                _ready.TrySetResult(line);
            }
        }

        await ErrorsEnd;
        _ready.TrySetException(new InvalidOperationException($"netcontrold ended before it was ready. It said:\n{Errors}"));
        _ = _ready.Task.Exception; // Observed: not every caller waits for the ready line.
    }

    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            lock (_errors)
            {
                _errors.AppendLine(line);
            }
        }
    }
}
