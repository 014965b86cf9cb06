using System.Runtime.InteropServices;

namespace NetControl.Engine.Interop.Linux;

/// <content>read(2), write(2) and their vector forms, open(2), close(2), fcntl(2).</content>
internal static unsafe partial class Libc
{
    public const int O_RDONLY = 0;
    public const int O_RDWR = 2;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;

    private const int F_GETFL = 3;
    private const int F_SETFL = 4;

    /// <summary>Opens a path. Returns the descriptor or -1.</summary>
    public static int Open(string path, int flags)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(path + '\0');
        fixed (byte* p = bytes)
        {
            return open(p, flags);
        }
    }

    /// <summary>Closes a descriptor. Never repeated after EINTR: Linux has released the number by then.</summary>
    public static int Close(int fd) => close(fd);

    /// <summary>Reads into the span. Returns the count, 0 at the end, or -1.</summary>
    public static nint Read(int fd, Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            return read(fd, p, (nuint)buffer.Length);
        }
    }

    /// <summary>Writes the span. Returns the count, possibly short, or -1.</summary>
    public static nint Write(int fd, ReadOnlySpan<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            return write(fd, p, (nuint)buffer.Length);
        }
    }

    /// <summary>Reads into several pieces in order. Returns the count or -1.</summary>
    public static nint ReadV(int fd, ReadOnlySpan<IoVec> pieces)
    {
        fixed (IoVec* p = pieces)
        {
            return readv(fd, p, pieces.Length);
        }
    }

    /// <summary>Writes several pieces in order. Returns the count or -1.</summary>
    public static nint WriteV(int fd, ReadOnlySpan<IoVec> pieces)
    {
        fixed (IoVec* p = pieces)
        {
            return writev(fd, p, pieces.Length);
        }
    }

    /// <summary>Reads into two spans in order, which need not be pinned.</summary>
    public static nint ReadV(int fd, Span<byte> first, Span<byte> second)
    {
        fixed (byte* a = first)
        fixed (byte* b = second)
        {
            IoVec* pieces = stackalloc IoVec[2] { IoVec.FromPinned(first), IoVec.FromPinned(second) };
            return readv(fd, pieces, 2);
        }
    }

    /// <summary>Writes two spans in order, which need not be pinned.</summary>
    public static nint WriteV(int fd, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        fixed (byte* a = first)
        fixed (byte* b = second)
        {
            IoVec* pieces = stackalloc IoVec[2] { IoVec.FromPinned(first), IoVec.FromPinned(second) };
            return writev(fd, pieces, 2);
        }
    }

    /// <summary>Writes three spans in order, which need not be pinned: a packet's headers and the two halves of a wrapped ring.</summary>
    public static nint WriteV(int fd, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        fixed (byte* a = first)
        fixed (byte* b = second)
        fixed (byte* c = third)
        {
            IoVec* pieces = stackalloc IoVec[3] { IoVec.FromPinned(first), IoVec.FromPinned(second), IoVec.FromPinned(third) };
            return writev(fd, pieces, 3);
        }
    }

    /// <summary>Switches a descriptor to non-blocking. 0 or -1.</summary>
    public static int SetNonBlocking(int fd)
    {
        int flags = fcntl(fd, F_GETFL, 0);
        return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    }

    [LibraryImport(Name)]
    private static partial int open(byte* path, int flags);

    [LibraryImport(Name)]
    private static partial int close(int fd);

    [LibraryImport(Name)]
    private static partial nint read(int fd, byte* buffer, nuint count);

    [LibraryImport(Name)]
    private static partial nint write(int fd, byte* buffer, nuint count);

    [LibraryImport(Name)]
    private static partial nint readv(int fd, IoVec* pieces, int count);

    [LibraryImport(Name)]
    private static partial nint writev(int fd, IoVec* pieces, int count);

    [LibraryImport(Name)]
    private static partial int fcntl(int fd, int command, int argument);
}
