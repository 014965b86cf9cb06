using NetControl.Engine.Interop.Linux;

namespace NetControl.Engine.Hardening;

/// <summary>Gives up what the process does not need: capabilities, new privileges, core dumps, readable files.</summary>
/// <remarks>
/// Linux keeps capabilities for each thread, and the runtime has made some threads before the first line of ours. Only a new program has no
/// old threads: where there is something to give up the process narrows its bounding set and executes itself again, which costs the time of
/// one more start (some ten milliseconds of the native build), once, and only where somebody started it with too much.
/// </remarks>
public static class ProcessHardening
{
    private const string Marker = "NETCONTROL_HARDENED";
    private const int LastCapability = 63;

    /// <summary>The user that the process acts as.</summary>
    public static uint EffectiveUserId => Libc.GetEffectiveUser();

    /// <summary>The capabilities of the calling thread, as a bit mask.</summary>
    public static ulong Permitted => Libc.GetCapabilities(out _, out ulong permitted, out _) == 0 ? permitted : 0;

    /// <summary>
    /// Keeps these capabilities, and lets no program that is ever executed gain one. Call it first, with nothing open: where there is
    /// something to give up it does not return, and the program begins anew.
    /// </summary>
    /// <param name="needed">What to keep; asked only if there is anything to give up.</param>
    public static void Confine(Func<Capabilities> needed)
    {
        ArgumentNullException.ThrowIfNull(needed);
        ulong permitted = Permitted;
        bool again = Environment.GetEnvironmentVariable(Marker) is not null;
        ulong keep = permitted == 0 || again ? permitted : (ulong)needed();
        if ((permitted & ~keep) != 0)
        {
            // Read before anything is given up, so that a /proc that is not there leaves everything as it was.
            try
            {
                ExecuteAgain(keep & permitted, File.ReadAllBytes("/proc/self/cmdline"), File.ReadAllBytes("/proc/self/environ"));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Without /proc the threads that are made from now on are confined, and that is all there is.
                Narrow(keep & permitted);
            }
        }

        _ = Libc.PrCtl(Libc.PR_SET_NO_NEW_PRIVS, 1);
    }

    /// <summary>No core dumps, no debuggers of the same user, and files of the process's making for its own user only.</summary>
    public static void KeepSecrets()
    {
        _ = Libc.PrCtl(Libc.PR_SET_DUMPABLE, 0);
        _ = Libc.UMask(0x3F); // 077
    }

    /// <summary>Gives a file to another owner or group; null when it went well, else what the kernel said.</summary>
    public static string? ChangeOwner(string path, uint? owner, uint? group) =>
        Libc.ChangeOwner(path, owner ?? uint.MaxValue, group ?? uint.MaxValue) == 0 ? null : Libc.Describe(Libc.LastErrno);

    private static void ExecuteAgain(ulong keep, byte[] arguments, byte[] environment)
    {
        // By its own path, not through /proc: the kernel names the process after it.
        string path = new FileInfo("/proc/self/exe").LinkTarget is { } target && File.Exists(target) ? target : "/proc/self/exe";
        Narrow(keep);
        byte[] marked = [.. environment, .. System.Text.Encoding.ASCII.GetBytes($"{Marker}=1\0")];
        _ = Libc.Execute(path, arguments, marked);

        // It failed, and the main thread is narrow; what it starts from here on is, too.
    }

    private static void Narrow(ulong keep)
    {
        // The bounding set first: it takes a capability to narrow it. It is what limits root after execve.
        for (int capability = 0; capability <= LastCapability; capability++)
        {
            if ((keep & (1UL << capability)) == 0)
            {
                _ = Libc.PrCtl(Libc.PR_CAPBSET_DROP, (nuint)capability);
            }
        }

        _ = Libc.PrCtl(Libc.PR_CAP_AMBIENT, Libc.PR_CAP_AMBIENT_CLEAR_ALL);
        _ = Libc.SetCapabilities(keep, keep, keep);

        // Ambient is what lets an ordinary user's capabilities survive execve.
        for (int capability = 0; capability <= LastCapability; capability++)
        {
            if ((keep & (1UL << capability)) != 0)
            {
                _ = Libc.PrCtl(Libc.PR_CAP_AMBIENT, Libc.PR_CAP_AMBIENT_RAISE, (nuint)capability);
            }
        }

        _ = Libc.PrCtl(Libc.PR_SET_NO_NEW_PRIVS, 1);
    }
}
