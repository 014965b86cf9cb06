using System.Runtime.InteropServices;
using System.Text;

namespace NetControl.Engine.Interop.Linux;

/// <content>Names of abstract Unix sockets (unix(7)): they belong to a network namespace, and vanish with the last descriptor.</content>
internal static unsafe partial class Libc
{
    public const int AF_UNIX = 1;

    private const int LongestUnixName = 108;

    /// <summary>Binds a Unix socket to an abstract name in the socket's own network namespace. 0 or -1 (EADDRINUSE: it is taken).</summary>
    public static int BindAbstract(int fd, string name)
    {
        Span<byte> address = stackalloc byte[sizeof(ushort) + LongestUnixName];
        uint length = WriteAbstract(address, name);
        fixed (byte* p = address)
        {
            return bind(fd, (SockAddr*)p, length);
        }
    }

    /// <summary>Connects a datagram Unix socket to an abstract name. 0 or -1 (ECONNREFUSED: nobody has it). May be called again.</summary>
    public static int ConnectAbstract(int fd, string name)
    {
        Span<byte> address = stackalloc byte[sizeof(ushort) + LongestUnixName];
        uint length = WriteAbstract(address, name);
        fixed (byte* p = address)
        {
            return connect(fd, (SockAddr*)p, length);
        }
    }

    private static uint WriteAbstract(Span<byte> address, string name)
    {
        address.Clear();
        ushort family = AF_UNIX;
        MemoryMarshal.Write(address, in family);

        // The first byte of the path is zero: that is what makes it abstract.
        return (uint)(sizeof(ushort) + 1 + Encoding.UTF8.GetBytes(name, address[(sizeof(ushort) + 1)..]));
    }
}
