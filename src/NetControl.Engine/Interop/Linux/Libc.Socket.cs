using System.Runtime.InteropServices;

namespace NetControl.Engine.Interop.Linux;

/// <content>socket(2) and what one does with sockets.</content>
internal static unsafe partial class Libc
{
    /// <summary>Makes a socket, non-blocking and close-on-exec unless <paramref name="blocking"/>. Returns the descriptor or -1.</summary>
    public static int Socket(int family, int type, int protocol, bool blocking = false) =>
        socket(family, type | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK), protocol);

    /// <summary>Binds to a local address. 0 or -1.</summary>
    public static int Bind(int fd, in SockAddr address)
    {
        fixed (SockAddr* p = &address)
        {
            return bind(fd, p, (uint)address.Length);
        }
    }

    /// <summary>Connects. 0, or -1 (EINPROGRESS: wait for writability, then read SO_ERROR).</summary>
    public static int Connect(int fd, in SockAddr address)
    {
        fixed (SockAddr* p = &address)
        {
            return connect(fd, p, (uint)address.Length);
        }
    }

    /// <summary>Starts listening. 0 or -1.</summary>
    public static int Listen(int fd, int backlog) => listen(fd, backlog);

    /// <summary>Reads the local address. 0 or -1.</summary>
    public static int GetSockName(int fd, out SockAddr address)
    {
        uint length = SockAddr.Size;
        fixed (SockAddr* p = &address)
        {
            *p = default;
            return getsockname(fd, p, &length);
        }
    }

    /// <summary>Reads the peer's address. 0 or -1.</summary>
    public static int GetPeerName(int fd, out SockAddr address)
    {
        uint length = SockAddr.Size;
        fixed (SockAddr* p = &address)
        {
            *p = default;
            return getpeername(fd, p, &length);
        }
    }

    /// <summary>Sets an integer option. 0 or -1.</summary>
    public static int SetSockOpt(int fd, int level, int option, int value) => setsockopt(fd, level, option, &value, sizeof(int));

    /// <summary>Sets an option of any shape, e.g. the name for SO_BINDTODEVICE. 0 or -1.</summary>
    public static int SetSockOpt(int fd, int level, int option, ReadOnlySpan<byte> value)
    {
        fixed (byte* p = value)
        {
            return setsockopt(fd, level, option, p, (uint)value.Length);
        }
    }

    /// <summary>Reads an integer option. 0 or -1.</summary>
    public static int GetSockOpt(int fd, int level, int option, out int value)
    {
        uint length = sizeof(int);
        fixed (int* p = &value)
        {
            *p = 0;
            return getsockopt(fd, level, option, p, &length);
        }
    }

    /// <summary>Reads an option of any shape. Returns its length or -1.</summary>
    public static int GetSockOpt(int fd, int level, int option, Span<byte> value)
    {
        uint length = (uint)value.Length;
        fixed (byte* p = value)
        {
            return getsockopt(fd, level, option, p, &length) == 0 ? (int)length : -1;
        }
    }

    /// <summary>Sets SO_LINGER; on with zero seconds turns close into a reset. 0 or -1.</summary>
    public static int SetLinger(int fd, bool on, int seconds)
    {
        int* linger = stackalloc int[2] { on ? 1 : 0, seconds };
        return setsockopt(fd, SOL_SOCKET, SO_LINGER, linger, 2 * sizeof(int));
    }

    /// <summary>Reads and clears the pending error (SO_ERROR), <see cref="Errno.None"/> if there is none.</summary>
    public static Errno TakeSocketError(int fd) => GetSockOpt(fd, SOL_SOCKET, SO_ERROR, out int error) == 0 ? (Errno)error : LastErrno;

    /// <summary>Sends on a connected socket. Returns the count, possibly short, or -1.</summary>
    public static nint Send(int fd, ReadOnlySpan<byte> buffer, int flags)
    {
        fixed (byte* p = buffer)
        {
            return send(fd, p, (nuint)buffer.Length, flags);
        }
    }

    /// <summary>Sends several pieces in order on a connected socket. Returns the count, possibly short, or -1.</summary>
    public static nint SendPieces(int fd, ReadOnlySpan<IoVec> pieces, int flags)
    {
        fixed (IoVec* p = pieces)
        {
            MsgHdr message = new() { Pieces = p, PieceCount = (nuint)pieces.Length };
            return sendmsg(fd, &message, flags);
        }
    }

    /// <summary>Sends a datagram. Returns the count or -1.</summary>
    public static nint SendTo(int fd, ReadOnlySpan<byte> buffer, int flags, in SockAddr destination)
    {
        fixed (byte* p = buffer)
        fixed (SockAddr* address = &destination)
        {
            return sendto(fd, p, (nuint)buffer.Length, flags, address, (uint)destination.Length);
        }
    }

    /// <summary>Sends several datagrams of one size (the last may be shorter) in one piece that the kernel cuts. Returns the count or -1.</summary>
    public static nint SendSegments(int fd, ReadOnlySpan<byte> buffer, ushort segmentSize, int flags, in SockAddr destination)
    {
        byte* control = stackalloc byte[ControlMessage.SegmentSpace];
        fixed (byte* p = buffer)
        fixed (SockAddr* address = &destination)
        {
            IoVec piece = IoVec.FromPinned(buffer);
            MsgHdr message = new()
            {
                Name = address,
                NameLength = (uint)destination.Length,
                Pieces = &piece,
                PieceCount = 1,
                Control = control,
                ControlLength = (nuint)ControlMessage.WriteUdpSegment(new Span<byte>(control, ControlMessage.SegmentSpace), segmentSize),
            };
            return sendmsg(fd, &message, flags);
        }
    }

    /// <summary>Receives. Returns the count, 0 at the end of a stream, or -1.</summary>
    public static nint Recv(int fd, Span<byte> buffer, int flags)
    {
        fixed (byte* p = buffer)
        {
            return recv(fd, p, (nuint)buffer.Length, flags);
        }
    }

    /// <summary>Sends two spans in order on a connected socket: the two halves of a wrapped ring. Returns the count or -1.</summary>
    public static nint SendMsg(int fd, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, int flags)
    {
        fixed (byte* a = first)
        fixed (byte* b = second)
        {
            IoVec* pieces = stackalloc IoVec[2] { IoVec.FromPinned(first), IoVec.FromPinned(second) };
            MsgHdr message = new() { Pieces = pieces, PieceCount = 2 };
            return sendmsg(fd, &message, flags);
        }
    }

    /// <summary>Sends a message as described. Returns the count or -1.</summary>
    public static nint SendMsg(int fd, ref MsgHdr message, int flags)
    {
        fixed (MsgHdr* p = &message)
        {
            return sendmsg(fd, p, flags);
        }
    }

    /// <summary>
    /// Takes one entry from the error queue of a socket with IP_RECVERR or IPV6_RECVERR: the error, the datagram's destination, and as much
    /// of its payload as the kernel kept. Returns the payload's length or -1 (EAGAIN: the queue is empty).
    /// </summary>
    public static nint RecvError(int fd, Span<byte> payload, out NetControl.Network.AddrPort? destination, out ExtendedError error)
    {
        const int ControlBytes = 256;
        destination = default;
        error = default;
        SockAddr name = default;
        byte* control = stackalloc byte[ControlBytes];
        fixed (byte* p = payload)
        {
            IoVec piece = IoVec.FromPinned(payload);
            MsgHdr message = new()
            {
                Name = &name,
                NameLength = SockAddr.Size,
                Pieces = &piece,
                PieceCount = 1,
                Control = control,
                ControlLength = ControlBytes,
            };
            nint count = recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
            if (count < 0)
            {
                return -1;
            }

            destination = name.TryRead(out NetControl.Network.AddrPort address) ? address : null;
            error = ExtendedError.Find(new ReadOnlySpan<byte>(control, (int)message.ControlLength));
            return count;
        }
    }

    /// <summary>Shuts one or both directions (SHUT_*). 0 or -1.</summary>
    public static int Shutdown(int fd, int how) => shutdown(fd, how);

    internal static int SendMMsg(int fd, MMsgHdr* messages, int count, int flags) => sendmmsg(fd, messages, (uint)count, flags);

    internal static int RecvMMsg(int fd, MMsgHdr* messages, int count, int flags) => recvmmsg(fd, messages, (uint)count, flags, null);

    [LibraryImport(Name)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport(Name)]
    private static partial int bind(int fd, SockAddr* address, uint length);

    [LibraryImport(Name)]
    private static partial int connect(int fd, SockAddr* address, uint length);

    [LibraryImport(Name)]
    private static partial int listen(int fd, int backlog);

    [LibraryImport(Name)]
    private static partial int getsockname(int fd, SockAddr* address, uint* length);

    [LibraryImport(Name)]
    private static partial int getpeername(int fd, SockAddr* address, uint* length);

    [LibraryImport(Name)]
    private static partial int setsockopt(int fd, int level, int option, void* value, uint length);

    [LibraryImport(Name)]
    private static partial int getsockopt(int fd, int level, int option, void* value, uint* length);

    [LibraryImport(Name)]
    private static partial nint send(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport(Name)]
    private static partial nint sendto(int fd, byte* buffer, nuint length, int flags, SockAddr* address, uint addressLength);

    [LibraryImport(Name)]
    private static partial nint recv(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport(Name)]
    private static partial nint sendmsg(int fd, MsgHdr* message, int flags);

    [LibraryImport(Name)]
    private static partial nint recvmsg(int fd, MsgHdr* message, int flags);

    [LibraryImport(Name)]
    private static partial int sendmmsg(int fd, MMsgHdr* messages, uint count, int flags);

    [LibraryImport(Name)]
    private static partial int recvmmsg(int fd, MMsgHdr* messages, uint count, int flags, void* timeout);

    [LibraryImport(Name)]
    private static partial int shutdown(int fd, int how);
}
