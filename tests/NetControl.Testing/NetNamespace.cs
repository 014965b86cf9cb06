using System.Diagnostics;
using System.Runtime.ExceptionServices;
using NetControl.Engine.Interop.Linux;
using Xunit;

namespace NetControl.Testing;

/// <summary>
/// A network namespace of its own for one test: made by <c>ip netns</c>, loopback up, removed with all its interfaces on disposal.
/// </summary>
/// <remarks>Needs root. A test calls <see cref="RequireRoot"/> or <see cref="Create"/> first, which skips at home and fails in
/// CI.</remarks>
public sealed class NetNamespace : IDisposable
{
    private static int s_count;

    private NetNamespace(string name) => Name = name;

    /// <summary>The name, as <c>ip netns</c> knows it.</summary>
    public string Name { get; }

    /// <summary>Skips the test with a reason where it cannot run: no root or no <c>ip</c>. In CI that is a failure.</summary>
    public static void RequireRoot()
    {
        string? reason = !Environment.IsPrivilegedProcess ? "needs root, to make network namespaces"
            : !File.Exists("/sbin/ip") && !File.Exists("/usr/sbin/ip") && !File.Exists("/bin/ip") ? "needs iproute2's ip"
            : !File.Exists("/dev/net/tun") ? "needs /dev/net/tun"
            : null;
        if (reason is null)
        {
            return;
        }

        if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
        {
            Assert.Fail($"a namespace test must run in CI, but {reason}");
        }

        Assert.Skip(reason);
    }

    /// <summary>Makes a namespace with a name that no other test has.</summary>
    public static NetNamespace Create()
    {
        RequireRoot();
        NetNamespace result = new($"nct{Environment.ProcessId}x{Interlocked.Increment(ref s_count)}");
        MustRun("ip", "netns", "add", result.Name);
        result.Ip("link", "set", "lo", "up");

        // A new namespace inherits this from the machine, where a container engine may have switched it on; what a test sends to no one
        // would come back to it.
        result.Execute("sysctl", "-qw", "net.ipv4.ip_forward=0");
        return result;
    }

    /// <summary>Runs a command outside any namespace of ours and returns what it left, whatever its exit code.</summary>
    public static CommandResult RunCommand(string file, params string[] arguments)
    {
        ProcessStartInfo start = new(file, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CommandResult(process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    /// <summary>Runs <c>ip</c> in the namespace and returns its output; a failure throws with what it said.</summary>
    public string Ip(params string[] arguments) => MustRun("ip", ["-n", Name, .. arguments]);

    /// <summary>Runs a command in the namespace and returns what it left, whatever its exit code.</summary>
    public CommandResult Execute(string file, params string[] arguments) => RunCommand("ip", ["netns", "exec", Name, file, .. arguments]);

    /// <summary>Runs the code on a thread of its own that lives in the namespace. Sockets made there stay there. No await inside.</summary>
    public void RunInside(Action action) => Run(() =>
    {
        action();
        return true;
    });

    /// <summary>
    /// Runs the code on a thread of its own that lives in the namespace, and returns its result or rethrows its exception.
    /// </summary>
    public T Run<T>(Func<T> function)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                Enter();
                result = function();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        })
        {
            IsBackground = true,
            Name = $"in {Name}",
        };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }

    /// <inheritdoc/>
    public void Dispose() => RunCommand("ip", "netns", "delete", Name);

    private static string MustRun(string file, params string[] arguments)
    {
        CommandResult result = RunCommand(file, arguments);
        return result.ExitCode == 0
            ? result.Output
            : throw new InvalidOperationException(
                $"{file} {string.Join(' ', arguments)}: exit code {result.ExitCode}: {result.Error}{result.Output}");
    }

    private void Enter()
    {
        using SafeFd space = new(Libc.Open($"/run/netns/{Name}", Libc.O_RDONLY | Libc.O_CLOEXEC));
        if (space.IsInvalid || Libc.SetNs(space.Value, Libc.CLONE_NEWNET) != 0)
        {
            throw new InvalidOperationException($"cannot enter {Name}: {Libc.Describe(Libc.LastErrno)}");
        }
    }
}
