using NetControl.Engine.Interop.Linux;

namespace NetControl.Engine.Loops;

/// <summary>How long a thread asks to run at a stretch where others want to run too.</summary>
/// <remarks>
/// Linux lets the one run next whose slice would be over first, and one that wakes up and asks for less takes the place of one that asked
/// for more (EEVDF with custom slices, since 6.12). So a thread of the control plane, which has a little to do now and then, is let run at
/// once beside loops that never sleep, and gets no more of the processor than before. It takes no privilege. Where the kernel knows nothing
/// of it, refuses it, or runs the process in a real-time class, nothing changes.
/// </remarks>
public static class TimeSlice
{
    private const ulong ShortNanoseconds = 100_000; // the least that the kernel takes
    private const uint ScheduleOther = 0;
    private const ulong ResetOnFork = 1;

    /// <summary>For the calling thread and those that it makes from now on: call it before there are others.</summary>
    public static void Shorten() => Set(ShortNanoseconds);

    /// <summary>For a thread that works through what there is: the kernel's own slice.</summary>
    public static void Restore() => Set(0);

    private static void Set(ulong nanoseconds)
    {
        if (Libc.GetSchedAttributes(out SchedAttributes attributes) == 0 && attributes.Policy == ScheduleOther)
        {
            attributes.Flags &= ResetOnFork;
            attributes.Runtime = nanoseconds;
            _ = Libc.SetSchedAttributes(attributes);
        }
    }
}
