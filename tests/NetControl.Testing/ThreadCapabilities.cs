using System.ComponentModel;
using System.Runtime.InteropServices;

namespace NetControl.Testing;

/// <summary>Takes capabilities away from the calling thread, for tests of what happens without them.</summary>
/// <remarks>Linux keeps capabilities per thread, so only a thread made for the test should do this: <see cref="NetNamespace.Run"/> makes
/// one.</remarks>
public static class ThreadCapabilities
{
    /// <summary>CAP_DAC_OVERRIDE (linux/capability.h).</summary>
    public const int DacOverride = 1;

    /// <summary>CAP_NET_ADMIN (linux/capability.h).</summary>
    public const int NetAdmin = 12;

    private const uint Version3 = 0x20080522;

    /// <summary>Removes capabilities from the calling thread for good.</summary>
    public static void Drop(params int[] capabilities)
    {
        ArgumentNullException.ThrowIfNull(capabilities);
        uint[] header = [Version3, 0];

        // Twice effective, permitted, inheritable: for the low and the high 32 capabilities.
        uint[] sets = new uint[6];
        Check(CapGet(header, sets));
        foreach (int capability in capabilities)
        {
            int at = capability / 32 * 3;
            sets[at] &= ~(1u << (capability % 32));
            sets[at + 1] &= ~(1u << (capability % 32));
        }

        Check(CapSet(header, sets));
    }

    private static void Check(int result)
    {
        if (result != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [DllImport("libc", EntryPoint = "capget", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int CapGet(uint[] header, [Out] uint[] sets);

    [DllImport("libc", EntryPoint = "capset", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int CapSet(uint[] header, uint[] sets);
}
