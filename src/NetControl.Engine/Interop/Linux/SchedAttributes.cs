using System.Runtime.InteropServices;

namespace NetControl.Engine.Interop.Linux;

/// <summary>struct sched_attr in its first version (linux/sched/types.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SchedAttributes
{
    public uint Size;
    public uint Policy;
    public ulong Flags;
    public int Nice;
    public uint Priority;

    /// <summary>Nanoseconds; of an ordinary thread the slice that it asks for, 0 for the kernel's.</summary>
    public ulong Runtime;
    public ulong Deadline;
    public ulong Period;
}
