using System.Runtime.InteropServices;
using System.Text;

namespace NetControl.Engine.Interop.Linux;

/// <content>The TUN driver's ioctls (linux/if_tun.h, linux/if.h).</content>
internal static unsafe partial class Libc
{
    public const short IFF_TUN = 0x0001;
    public const short IFF_TAP = 0x0002;
    public const short IFF_MULTI_QUEUE = 0x0100;
    public const short IFF_DETACH_QUEUE = 0x0400;
    public const short IFF_PERSIST = 0x0800;
    public const short IFF_NO_PI = 0x1000;
    public const short IFF_VNET_HDR = 0x4000;
    public const short IFF_TUN_EXCL = unchecked((short)0x8000);

    public const uint TUN_F_CSUM = 0x01;
    public const uint TUN_F_TSO4 = 0x02;
    public const uint TUN_F_TSO6 = 0x04;
    public const uint TUN_F_TSO_ECN = 0x08;
    public const uint TUN_F_USO4 = 0x20;
    public const uint TUN_F_USO6 = 0x40;

    /// <summary>The longest interface name, without the terminating zero (IFNAMSIZ - 1).</summary>
    public const int MaxInterfaceName = 15;

    private const nuint TUNSETIFF = 0x400454CA;
    private const nuint TUNSETPERSIST = 0x400454CB;
    private const nuint TUNSETOWNER = 0x400454CC;
    private const nuint TUNGETFEATURES = 0x800454CF;
    private const nuint TUNSETOFFLOAD = 0x400454D0;
    private const nuint TUNGETIFF = 0x800454D2;
    private const nuint TUNGETVNETHDRSZ = 0x800454D7;
    private const nuint TUNSETVNETHDRSZ = 0x400454D8;

    private const nuint TUNGETDEVNETNS = 0x54E3;

    private const int IfreqSize = 40;
    private const int IfreqFlags = 16;

    /// <summary>Asks the driver which interface flags it knows. 0 or -1.</summary>
    public static int TunGetFeatures(int fd, out uint features)
    {
        fixed (uint* p = &features)
        {
            *p = 0;
            return ioctl(fd, TUNGETFEATURES, (nuint)p);
        }
    }

    /// <summary>Attaches the descriptor to the interface of that name, which is created if there is none. 0 or -1.</summary>
    public static int TunSetInterface(int fd, ReadOnlySpan<char> name, short flags)
    {
        byte* request = stackalloc byte[IfreqSize];
        new Span<byte>(request, IfreqSize).Clear();
        if (!Encoding.UTF8.TryGetBytes(name, new Span<byte>(request, MaxInterfaceName), out _))
        {
            throw new ArgumentException("an interface name has at most 15 bytes", nameof(name));
        }

        *(short*)(request + IfreqFlags) = flags;
        return ioctl(fd, TUNSETIFF, (nuint)request);
    }

    /// <summary>Reads the flags of the interface that the descriptor is attached to. 0 or -1.</summary>
    public static int TunGetInterface(int fd, out short flags, out string name)
    {
        byte* request = stackalloc byte[IfreqSize];
        new Span<byte>(request, IfreqSize).Clear();
        int result = ioctl(fd, TUNGETIFF, (nuint)request);
        flags = *(short*)(request + IfreqFlags);
        name = result == 0 ? Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(request)) : string.Empty;
        return result;
    }

    /// <summary>Opens the network namespace of the interface that the descriptor is attached to. Returns a descriptor, or -1 (EPERM: that
    /// takes CAP_NET_ADMIN there).</summary>
    public static int TunGetNetNamespace(int fd) => ioctl(fd, TUNGETDEVNETNS, 0);

    /// <summary>Sets which offloads the user side of the interface can take (TUN_F_*). 0 or -1.</summary>
    public static int TunSetOffload(int fd, uint offloads) => ioctl(fd, TUNSETOFFLOAD, offloads);

    /// <summary>Sets the size of the vnet header, per descriptor's interface. 0 or -1.</summary>
    public static int TunSetVnetHeaderSize(int fd, int size) => ioctl(fd, TUNSETVNETHDRSZ, (nuint)(&size));

    /// <summary>Reads the size of the vnet header. 0 or -1.</summary>
    public static int TunGetVnetHeaderSize(int fd, out int size)
    {
        fixed (int* p = &size)
        {
            *p = 0;
            return ioctl(fd, TUNGETVNETHDRSZ, (nuint)p);
        }
    }

    /// <summary>Makes the interface outlive its descriptors, or not. 0 or -1.</summary>
    public static int TunSetPersist(int fd, bool persist) => ioctl(fd, TUNSETPERSIST, persist ? 1u : 0u);

    /// <summary>Lets a user attach to the interface without CAP_NET_ADMIN. 0 or -1.</summary>
    public static int TunSetOwner(int fd, uint user) => ioctl(fd, TUNSETOWNER, user);

    // ioctl is variadic in C; on Linux, x86-64 and arm64 pass an integer argument in the same register either way.
    [LibraryImport(Name)]
    private static partial int ioctl(int fd, nuint request, nuint argument);
}
