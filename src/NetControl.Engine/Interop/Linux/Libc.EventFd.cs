using System.Runtime.InteropServices;

namespace NetControl.Engine.Interop.Linux;

/// <content>eventfd(2): how another thread wakes a loop.</content>
internal static unsafe partial class Libc
{
    private const int EFD_NONBLOCK = 0x800;
    private const int EFD_CLOEXEC = 0x80000;

    /// <summary>Makes a counter descriptor, non-blocking and close-on-exec, at zero. -1 on error.</summary>
    public static int EventFd() => eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    /// <summary>
    /// Adds one to the counter, which makes it readable. Returns 8, or -1 (EAGAIN: the counter is full, so it is readable anyway).
    /// </summary>
    public static nint EventFdSignal(int fd)
    {
        ulong one = 1;
        return write(fd, (byte*)&one, sizeof(ulong));
    }

    /// <summary>Sets the counter back to zero. Returns 8, or -1 (EAGAIN: it was zero).</summary>
    public static nint EventFdReset(int fd)
    {
        ulong value;
        return read(fd, (byte*)&value, sizeof(ulong));
    }

    [LibraryImport(Name)]
    private static partial int eventfd(uint initial, int flags);
}
