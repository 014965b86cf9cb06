using System.Runtime.InteropServices;

namespace NetControl.Engine.Interop.Linux;

/// <content>setns(2): a thread moves into another network namespace.</content>
internal static unsafe partial class Libc
{
    /// <summary>The network namespace, for <see cref="SetNs"/> (linux/sched.h).</summary>
    public const int CLONE_NEWNET = 0x40000000;

    /// <summary>
    /// Moves the calling thread, and only it, into the namespace that the descriptor names. 0 or -1. Never on a pool thread.
    /// </summary>
    public static int SetNs(int fd, int type) => setns(fd, type);

    [LibraryImport(Name)]
    private static partial int setns(int fd, int type);
}
