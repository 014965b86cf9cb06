using System.Globalization;
using System.Net.Sockets;

namespace NetControl.Network;

/// <summary>Finds the kernel's word for what went wrong.</summary>
public static class PosixName
{
    // Linux, in the order of the numbers from 1 (asm-generic/errno-base.h, asm-generic/errno.h; x86-64 and arm64 share them). 41 and 58 are
    // unused.
    private static readonly string[] s_names =
    [
        "EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF", "ECHILD",
        "EAGAIN", "ENOMEM", "EACCES", "EFAULT", "ENOTBLK", "EBUSY", "EEXIST", "EXDEV", "ENODEV", "ENOTDIR",
        "EISDIR", "EINVAL", "ENFILE", "EMFILE", "ENOTTY", "ETXTBSY", "EFBIG", "ENOSPC", "ESPIPE", "EROFS",
        "EMLINK", "EPIPE", "EDOM", "ERANGE", "EDEADLK", "ENAMETOOLONG", "ENOLCK", "ENOSYS", "ENOTEMPTY", "ELOOP",
        "", "ENOMSG", "EIDRM", "ECHRNG", "EL2NSYNC", "EL3HLT", "EL3RST", "ELNRNG", "EUNATCH", "ENOCSI",
        "EL2HLT", "EBADE", "EBADR", "EXFULL", "ENOANO", "EBADRQC", "EBADSLT", "", "EBFONT", "ENOSTR",
        "ENODATA", "ETIME", "ENOSR", "ENONET", "ENOPKG", "EREMOTE", "ENOLINK", "EADV", "ESRMNT", "ECOMM",
        "EPROTO", "EMULTIHOP", "EDOTDOT", "EBADMSG", "EOVERFLOW", "ENOTUNIQ", "EBADFD", "EREMCHG", "ELIBACC", "ELIBBAD",
        "ELIBSCN", "ELIBMAX", "ELIBEXEC", "EILSEQ", "ERESTART", "ESTRPIPE", "EUSERS", "ENOTSOCK", "EDESTADDRREQ", "EMSGSIZE",
        "EPROTOTYPE", "ENOPROTOOPT", "EPROTONOSUPPORT", "ESOCKTNOSUPPORT", "EOPNOTSUPP", "EPFNOSUPPORT", "EAFNOSUPPORT", "EADDRINUSE",
        "EADDRNOTAVAIL", "ENETDOWN",
        "ENETUNREACH", "ENETRESET", "ECONNABORTED", "ECONNRESET", "ENOBUFS", "EISCONN", "ENOTCONN", "ESHUTDOWN",
        "ETOOMANYREFS", "ETIMEDOUT", "ECONNREFUSED", "EHOSTDOWN", "EHOSTUNREACH", "EALREADY", "EINPROGRESS", "ESTALE", "EUCLEAN", "ENOTNAM",
        "ENAVAIL", "EISNAM", "EREMOTEIO", "EDQUOT", "ENOMEDIUM", "EMEDIUMTYPE", "ECANCELED", "ENOKEY", "EKEYEXPIRED", "EKEYREVOKED",
        "EKEYREJECTED", "EOWNERDEAD", "ENOTRECOVERABLE", "ERFKILL", "EHWPOISON",
    ];

    /// <summary>The name of an error number, such as <c>ECONNREFUSED</c>; <c>Error N (0xN)</c> for one without; empty for 0.</summary>
    public static string Of(int errorNumber) =>
        errorNumber == 0 ? ""
        : errorNumber > 0 && errorNumber <= s_names.Length && s_names[errorNumber - 1] is { Length: > 0 } name ? name
        : string.Create(CultureInfo.InvariantCulture, $"Error {errorNumber} (0x{errorNumber:x})");

    /// <summary>The name of the system call's error beneath an exception; else what a proxy's refusal amounts to; else empty.</summary>
    /// <remarks>Asks the exception and those beneath it: <see cref="IPosixError"/>, <see cref="SocketException"/>, <see cref="DialException"/>.</remarks>
    public static string Of(Exception? error)
    {
        DialFailure failure = DialFailure.Other;
        for (Exception? e = error; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case IPosixError posix:
                    return Of(posix.ErrorNumber);
                case SocketException socket
                    when socket.SocketErrorCode is not (SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain):
                    return Of(socket.NativeErrorCode);
                case DialException dial when failure is DialFailure.Other or DialFailure.ProxyUnreachable:
                    failure = dial.Failure;
                    break;
            }
        }

        return failure switch
        {
            DialFailure.Refused => "ECONNREFUSED",
            DialFailure.NetworkUnreachable => "ENETUNREACH",
            DialFailure.HostUnreachable => "EHOSTUNREACH",
            DialFailure.TimedOut => "ETIMEDOUT",
            DialFailure.NotAllowed => "EACCES",
            _ => "",
        };
    }
}
