using System.Diagnostics;
using NetControl.Engine.Netlink;

namespace NetControl.Demo;

/// <summary>The network namespace that the demo runs in: its own program, started again under <c>unshare</c>.</summary>
internal static class Sandbox
{
    private const string Marker = "NETCONTROL_DEMO_SANDBOX";
    private const int CannotMake = 3;

    /// <summary>Whether this process is the one in the sandbox.</summary>
    public static bool IsInside => Environment.GetEnvironmentVariable(Marker) is not null;

    /// <summary>How to run a command in the sandbox from another terminal.</summary>
    public static string Enterer => Environment.GetEnvironmentVariable(Marker) == "user"
        ? $"nsenter -t {Environment.ProcessId} -U -n --preserve-credentials"
        : $"nsenter -t {Environment.ProcessId} -n";

    /// <summary>Runs this program again in a sandbox and returns its exit code.</summary>
    public static int Enter(string[] args)
    {
        bool root = Environment.IsPrivilegedProcess;
        if (Obstacle(root) is { } obstacle)
        {
            Console.Error.WriteLine($"demo: {obstacle}");
            return CannotMake;
        }

        string self = Environment.ProcessPath!;
        string[] program = Path.GetFileNameWithoutExtension(self) == "dotnet" ? [self, typeof(Sandbox).Assembly.Location] : [self];
        ProcessStartInfo start = new("unshare", [root ? "-n" : "-Urn", "--", .. program, .. args]) { UseShellExecute = false };
        start.Environment[Marker] = root ? "root" : "user";
        using Process process = Process.Start(start)!;

        // The terminal sends Ctrl+C to both; the one inside cleans up, this one waits for it.
        Console.CancelKeyPress += (_, e) => e.Cancel = true;
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>Sets loopback up: a new namespace has it down.</summary>
    public static void BringUp()
    {
        using RtNetlink netlink = new();
        netlink.SetLinkUp(netlink.GetLink("lo")!.Index);
    }

    private static string? Obstacle(bool root)
    {
        if (!OnPath("unshare"))
        {
            return "there is no unshare(1). Install util-linux (Debian: apt-get install util-linux).";
        }

        if (!File.Exists("/dev/net/tun"))
        {
            return "/dev/net/tun does not exist. Load the module (modprobe tun), or give the container the device (docker run --device /dev/net/tun).";
        }

        string[] flags = root ? ["-n"] : ["-Urn"];
        (int code, string error) = Run("unshare", [.. flags, "--", "sh", "-c", "exec 3<>/dev/net/tun"]);
        if (code == 0)
        {
            return null;
        }

        if (Run("unshare", [.. flags, "--", "true"]).Code == 0)
        {
            return root
                ? $"/dev/net/tun may not be opened ({error}). Give the container the device (docker run --device /dev/net/tun)."
                : $"/dev/net/tun may not be opened by this user ({error}). Run the same command as root, or allow it: sudo chmod 0666 /dev/net/tun.";
        }

        return root
            ? $"the kernel makes no network namespace ({error}). In a container, add the capability (docker run --cap-add SYS_ADMIN --cap-add NET_ADMIN)."
            : $"this kernel lets ordinary users make no user namespaces ({error}). Run the same command as root, or allow it: "
                + "sudo sysctl kernel.unprivileged_userns_clone=1 (Debian), kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu) "
                + "or user.max_user_namespaces=10000.";
    }

    private static bool OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    private static (int Code, string Error) Run(string file, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(file, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd().Trim();
        process.WaitForExit();
        return (process.ExitCode, error);
    }
}
