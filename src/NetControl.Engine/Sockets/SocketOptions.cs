using NetControl.Engine.Interop.Linux;
using NetControl.Network;

namespace NetControl.Engine.Sockets;

/// <summary>What every upstream socket carries: the mark that keeps it out of the devices, and an interface if one was asked for.</summary>
/// <param name="Mark">SO_MARK, or 0.</param>
/// <param name="Interface">SO_BINDTODEVICE, or null.</param>
internal sealed record SocketOptions(uint Mark, byte[]? Interface)
{
    /// <summary>Makes a non-blocking socket with the options set.</summary>
    /// <exception cref="DialException">The kernel refused.</exception>
    public int Create(bool v4, int type)
    {
        int fd = Libc.Socket(v4 ? Libc.AF_INET : Libc.AF_INET6, type, 0);
        if (fd < 0)
        {
            throw Failed("socket", Libc.LastErrno);
        }

        if (Mark != 0 && Libc.SetSockOpt(fd, Libc.SOL_SOCKET, Libc.SO_MARK, (int)Mark) != 0)
        {
            Errno error = Libc.LastErrno;
            Libc.Close(fd);
            throw Failed("SO_MARK (needs CAP_NET_ADMIN)", error);
        }

        if (Interface is not null && Libc.SetSockOpt(fd, Libc.SOL_SOCKET, Libc.SO_BINDTODEVICE, Interface) != 0)
        {
            Errno error = Libc.LastErrno;
            Libc.Close(fd);
            throw Failed("SO_BINDTODEVICE", error);
        }

        return fd;
    }

    private static DialException Failed(string what, Errno error) =>
        new(SocketFaultException.ToDialFailure(error), $"{what}: {Libc.Describe(error)}", new SocketFaultException(error));
}
