using System.Runtime.InteropServices;
using System.Text;

namespace NetControl.Engine.Interop.Linux;

/// <content>The process itself: prctl(2), capget(2), capset(2), execve(2), umask(2), geteuid(2), chown(2).</content>
internal static unsafe partial class Libc
{
    public const int PR_SET_DUMPABLE = 4;
    public const int PR_CAPBSET_DROP = 24;
    public const int PR_SET_NO_NEW_PRIVS = 38;
    public const int PR_CAP_AMBIENT = 47;
    public const nuint PR_CAP_AMBIENT_RAISE = 2;
    public const nuint PR_CAP_AMBIENT_CLEAR_ALL = 4;

    private const uint CapabilityVersion3 = 0x20080522;

    /// <summary>prctl(2). 0 or more, or -1.</summary>
    public static int PrCtl(int option, nuint argument2 = 0, nuint argument3 = 0) => prctl(option, argument2, argument3, 0, 0);

    /// <summary>Reads the calling thread's capabilities. 0 or -1.</summary>
    public static int GetCapabilities(out ulong effective, out ulong permitted, out ulong inheritable)
    {
        uint* header = stackalloc uint[2] { CapabilityVersion3, 0 };
        uint* sets = stackalloc uint[6];
        int result = capget(header, sets);
        effective = sets[0] | ((ulong)sets[3] << 32);
        permitted = sets[1] | ((ulong)sets[4] << 32);
        inheritable = sets[2] | ((ulong)sets[5] << 32);
        return result;
    }

    /// <summary>Sets the calling thread's capabilities, and no other thread's. 0 or -1.</summary>
    public static int SetCapabilities(ulong effective, ulong permitted, ulong inheritable)
    {
        uint* header = stackalloc uint[2] { CapabilityVersion3, 0 };
        uint* sets = stackalloc uint[6]
        {
            (uint)effective, (uint)permitted, (uint)inheritable,
            (uint)(effective >> 32), (uint)(permitted >> 32), (uint)(inheritable >> 32),
        };
        return capset(header, sets);
    }

    /// <summary>Replaces the process's program; the strings are lists of zero-terminated ones. Returns only when it failed.</summary>
    public static int Execute(string path, ReadOnlySpan<byte> arguments, ReadOnlySpan<byte> environment)
    {
        byte[] file = Encoding.UTF8.GetBytes(path + '\0');
        fixed (byte* f = file)
        fixed (byte* a = arguments)
        fixed (byte* e = environment)
        fixed (nint* argv = Pointers(arguments, (nint)a))
        fixed (nint* envp = Pointers(environment, (nint)e))
        {
            return execve(f, argv, envp);
        }
    }

    /// <summary>Sets the mask of modes for new files and returns the old one.</summary>
    public static uint UMask(uint mask) => umask(mask);

    /// <summary>The effective user.</summary>
    public static uint GetEffectiveUser() => geteuid();

    /// <summary>Makes the node of a character device, readable and writable by its owner only. 0 or -1.</summary>
    public static int MakeCharacterDevice(string path, uint major, uint minor)
    {
        const uint S_IFCHR = 0x2000;
        const uint OwnerOnly = 0x180; // 0600
        byte[] bytes = Encoding.UTF8.GetBytes(path + '\0');
        fixed (byte* p = bytes)
        {
            return mknod(p, S_IFCHR | OwnerOnly, (major << 8) | minor);
        }
    }

    /// <summary>Changes a file's owner and group; uint.MaxValue leaves one as it is. 0 or -1.</summary>
    public static int ChangeOwner(string path, uint owner, uint group)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(path + '\0');
        fixed (byte* p = bytes)
        {
            return chown(p, owner, group);
        }
    }

    // The list of addresses of zero-terminated strings that lie one after the other, with a null at its end.
    private static nint[] Pointers(ReadOnlySpan<byte> strings, nint start)
    {
        List<nint> pointers = [];
        for (int at = 0; at < strings.Length;)
        {
            pointers.Add(start + at);
            int length = strings[at..].IndexOf((byte)0);
            at = length < 0 ? strings.Length : at + length + 1;
        }

        pointers.Add(0);
        return [.. pointers];
    }

    // prctl is variadic in C; on Linux, x86-64 and arm64 pass integer arguments in the same registers either way.
    [LibraryImport(Name)]
    private static partial int prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport(Name)]
    private static partial int capget(uint* header, uint* sets);

    [LibraryImport(Name)]
    private static partial int capset(uint* header, uint* sets);

    [LibraryImport(Name)]
    private static partial int execve(byte* path, nint* arguments, nint* environment);

    [LibraryImport(Name)]
    private static partial uint umask(uint mask);

    [LibraryImport(Name)]
    private static partial uint geteuid();

    [LibraryImport(Name)]
    private static partial int mknod(byte* path, uint mode, ulong device);

    [LibraryImport(Name)]
    private static partial int chown(byte* path, uint owner, uint group);
}
