using System.Runtime.InteropServices;

namespace NetControl.Engine.Interop.Linux;

/// <content>setns(2): a thread moves into another network namespace. sched_getattr(2), sched_setattr(2): how it is scheduled.</content>
internal static unsafe partial class Libc
{
    /// <summary>The network namespace, for <see cref="SetNs"/> (linux/sched.h).</summary>
    public const int CLONE_NEWNET = 0x40000000;

    /// <summary>
    /// Moves the calling thread, and only it, into the namespace that the descriptor names. 0 or -1. Never on a pool thread.
    /// </summary>
    public static int SetNs(int fd, int type) => setns(fd, type);

    /// <summary>Reads how the calling thread is scheduled. 0 or -1.</summary>
    public static int GetSchedAttributes(out SchedAttributes attributes)
    {
        attributes = default;
        fixed (SchedAttributes* a = &attributes)
        {
            return (int)syscall(IsArm ? 275 : 315, 0, (nint)a, sizeof(SchedAttributes), 0);
        }
    }

    /// <summary>Sets how the calling thread, and those that it makes from then on, are scheduled. 0 or -1.</summary>
    public static int SetSchedAttributes(SchedAttributes attributes)
    {
        attributes.Size = (uint)sizeof(SchedAttributes);
        return (int)syscall(IsArm ? 274 : 314, 0, (nint)(&attributes), 0, 0);
    }

    private static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    // glibc has functions for these since 2.41 only. Variadic in C; see prctl.
    [LibraryImport(Name)]
    private static partial nint syscall(nint number, nint argument1, nint argument2, nint argument3, nint argument4);

    [LibraryImport(Name)]
    private static partial int setns(int fd, int type);
}
