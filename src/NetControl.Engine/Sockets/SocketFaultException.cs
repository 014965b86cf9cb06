using NetControl.Engine.Interop.Linux;
using NetControl.Network;

namespace NetControl.Engine.Sockets;

/// <summary>A system call on a socket failed; carries the kernel's word so that the cause can be told on.</summary>
internal sealed class SocketFaultException : IOException, IPosixError
{
    /// <summary>Makes an exception for an error number.</summary>
    public SocketFaultException(Errno errno)
        : base(Libc.Describe(errno))
    {
        Errno = errno;
    }

    /// <summary>The kernel's error number.</summary>
    public Errno Errno { get; }

    /// <inheritdoc/>
    public int ErrorNumber => (int)Errno;

    /// <summary>What a failed connect means for the dial.</summary>
    public static DialFailure ToDialFailure(Errno errno) => errno switch
    {
        Errno.ECONNREFUSED => DialFailure.Refused,
        Errno.ENETUNREACH or Errno.ENETDOWN or Errno.EADDRNOTAVAIL => DialFailure.NetworkUnreachable,
        Errno.EHOSTUNREACH or Errno.EHOSTDOWN => DialFailure.HostUnreachable,
        Errno.ETIMEDOUT => DialFailure.TimedOut,
        Errno.EACCES or Errno.EPERM => DialFailure.NotAllowed,
        Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM or Errno.ENOBUFS or Errno.ENOSPC => DialFailure.LocalLimit,
        Errno.ECANCELED => DialFailure.Canceled,
        _ => DialFailure.Other,
    };
}
