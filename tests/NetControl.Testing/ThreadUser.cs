using System.ComponentModel;
using System.Runtime.InteropServices;

namespace NetControl.Testing;

/// <summary>Makes the calling thread another user's, for good, for tests of who the kernel says somebody is.</summary>
/// <remarks>The C library would change every thread; the system call changes one. Only a thread made for the test should do this.</remarks>
public static class ThreadUser
{
    private const long SetResUidX64 = 117;
    private const long SetResUidArm64 = 147;

    /// <summary>Becomes a user.</summary>
    public static void Become(uint user)
    {
        long number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? SetResUidArm64 : SetResUidX64;
        if (Syscall(number, user, user, user) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern long Syscall(long number, nuint first, nuint second, nuint third);
}
