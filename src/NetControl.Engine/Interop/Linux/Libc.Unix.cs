using System.Runtime.InteropServices;
using System.Text;

namespace NetControl.Engine.Interop.Linux;

/// <content>Unix sockets (unix(7)). Abstract names belong to a network namespace, and vanish with the last descriptor.</content>
internal static unsafe partial class Libc
{
    public const int AF_UNIX = 1;

    /// <summary>The longest path of a Unix socket, without the terminating zero.</summary>
    public const int LongestUnixPath = LongestUnixName - 1;

    private const int LongestUnixName = 108;

    // The kernel's SCM_MAX_FD.
    private const int MostDescriptors = 253;

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

    /// <summary>Binds a Unix socket to a path, which is made. 0 or -1.</summary>
    public static int BindPath(int fd, string path)
    {
        Span<byte> address = stackalloc byte[sizeof(ushort) + LongestUnixName];
        uint length = WritePath(address, path);
        fixed (byte* p = address)
        {
            return bind(fd, (SockAddr*)p, length);
        }
    }

    /// <summary>Connects a Unix socket to a path of at most <see cref="LongestUnixPath"/> bytes. 0 or -1.</summary>
    public static int ConnectPath(int fd, string path)
    {
        Span<byte> address = stackalloc byte[sizeof(ushort) + LongestUnixName];
        uint length = WritePath(address, path);
        fixed (byte* p = address)
        {
            return connect(fd, (SockAddr*)p, length);
        }
    }

    /// <summary>Asks which user the peer of a connected Unix socket was when it connected, or began to listen. 0 or -1.</summary>
    public static int GetPeerUser(int fd, out uint user)
    {
        Span<byte> ucred = stackalloc byte[12];
        int length = GetSockOpt(fd, SOL_SOCKET, SO_PEERCRED, ucred);
        user = MemoryMarshal.Read<uint>(ucred[4..]);
        return length == ucred.Length ? 0 : -1;
    }

    /// <summary>Limits how long connecting, sending and receiving may block. 0 or -1.</summary>
    public static int SetTimeouts(int fd, TimeSpan limit)
    {
        Span<long> timeval = [(long)limit.TotalSeconds, (limit.Ticks % TimeSpan.TicksPerSecond) / TimeSpan.TicksPerMicrosecond];
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(timeval);
        return SetSockOpt(fd, SOL_SOCKET, SO_SNDTIMEO, bytes) == 0 ? SetSockOpt(fd, SOL_SOCKET, SO_RCVTIMEO, bytes) : -1;
    }

    /// <summary>Sends bytes, and descriptors with them (SCM_RIGHTS). Returns the count or -1.</summary>
    public static nint SendDescriptors(int fd, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> descriptors)
    {
        Span<byte> control = new byte[ControlMessage.Space(descriptors.Length * sizeof(int))];
        ControlMessage.WriteRights(control, descriptors);
        fixed (byte* b = bytes)
        fixed (byte* c = control)
        {
            IoVec piece = IoVec.FromPinned(bytes);
            MsgHdr message = new() { Pieces = &piece, PieceCount = 1, Control = c, ControlLength = (nuint)control.Length };
            return sendmsg(fd, &message, MSG_NOSIGNAL);
        }
    }

    /// <summary>Receives bytes, and whatever descriptors come with them (SCM_RIGHTS), close-on-exec. Returns the count, 0 at the end, or
    /// -1.</summary>
    /// <param name="fd">The socket.</param>
    /// <param name="bytes">Gets the bytes.</param>
    /// <param name="descriptors">Gets the descriptors, which are the caller's to close.</param>
    /// <param name="truncated">Whether there were more of them than the kernel hands over at once.</param>
    public static nint ReceiveDescriptors(int fd, Span<byte> bytes, List<SafeFd> descriptors, out bool truncated)
    {
        Span<byte> control = new byte[ControlMessage.Space(MostDescriptors * sizeof(int))];
        fixed (byte* b = bytes)
        fixed (byte* c = control)
        {
            IoVec piece = IoVec.FromPinned(bytes);
            MsgHdr message = new() { Pieces = &piece, PieceCount = 1, Control = c, ControlLength = (nuint)control.Length };
            nint count = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
            truncated = count >= 0 && (message.Flags & MSG_CTRUNC) != 0;
            if (count >= 0)
            {
                ControlMessage.ReadRights(control[..(int)message.ControlLength], descriptors);
            }

            return count;
        }
    }

    private static uint WritePath(Span<byte> address, string path)
    {
        address.Clear();
        ushort family = AF_UNIX;
        MemoryMarshal.Write(address, in family);
        return (uint)(sizeof(ushort) + Encoding.UTF8.GetBytes(path, address[sizeof(ushort)..^1]) + 1);
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
