using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetControl.Engine.Interop.Linux;

/// <summary>The C library's calls that the engine uses, one file per family, blittable and without marshalling.</summary>
/// <remarks>
/// Nothing here throws. A call returns what the C function returns; after -1 the caller reads <see cref="LastErrno"/> before it makes any
/// other native call on that thread. Spans are pinned for the length of the call; <see cref="IoVec"/> and <see cref="MessageBatch"/> keep
/// addresses for longer and say so.
/// </remarks>
internal static unsafe partial class Libc
{
    private const string Name = "libc";

    [ThreadStatic]
    private static int* t_errno;

    /// <summary>The calling thread's errno. Meaningful only directly after a call that returned -1.</summary>
    /// <remarks>The thread's errno has a fixed address, so reading it is one load: LibraryImport's SetLastError costs 7-12 ns on every
    /// call.</remarks>
    public static Errno LastErrno
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            int* location = t_errno;
            return location != null ? (Errno)(*location) : FirstErrno();
        }
    }

    /// <summary>The C library's text for an error number, e.g. <c>Permission denied</c> (allocates).</summary>
    public static string Describe(Errno errno) => Marshal.GetPInvokeErrorMessage((int)errno);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Errno FirstErrno()
    {
        // Read before the thread-static is written: creating the static's storage may allocate and enter the kernel.
        int* location = ErrnoLocation();
        Errno errno = (Errno)(*location);
        t_errno = location;
        return errno;
    }

    [LibraryImport(Name, EntryPoint = "__errno_location")]
    [SuppressGCTransition]
    private static partial int* ErrnoLocation();
}
