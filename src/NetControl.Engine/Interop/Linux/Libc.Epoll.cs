using System.Runtime.InteropServices;

namespace NetControl.Engine.Interop.Linux;

/// <content>epoll(7).</content>
internal static unsafe partial class Libc
{
    private const int EPOLL_CLOEXEC = 0x80000;

    /// <summary>Makes an epoll instance, close-on-exec. -1 on error.</summary>
    public static int EpollCreate() => epoll_create1(EPOLL_CLOEXEC);

    /// <summary>Adds, changes or removes a descriptor; <paramref name="data"/> comes back with its events. 0 or -1.</summary>
    public static int EpollCtl(int epoll, EpollOperation operation, int fd, EpollEvents events, ulong data)
    {
        byte* entry = stackalloc byte[16];
        *(uint*)entry = (uint)events;
        *(ulong*)(entry + EpollEventBuffer.DataOffset) = data;
        return epoll_ctl(epoll, (int)operation, fd, entry);
    }

    /// <summary>
    /// Waits for events: 0 milliseconds polls, -1 waits without end. Returns how many entries are filled, or -1 (EINTR is possible).
    /// </summary>
    public static int EpollWait(int epoll, EpollEventBuffer buffer, int timeoutMilliseconds)
    {
        fixed (byte* entries = buffer.Bytes)
        {
            return epoll_wait(epoll, entries, buffer.Capacity, timeoutMilliseconds);
        }
    }

    [LibraryImport(Name)]
    private static partial int epoll_create1(int flags);

    [LibraryImport(Name)]
    private static partial int epoll_ctl(int epfd, int op, int fd, byte* entry);

    [LibraryImport(Name)]
    private static partial int epoll_wait(int epfd, byte* entries, int maxEvents, int timeout);
}
