using System.Globalization;
using System.Net.Sockets;
using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Sockets;
using NetControl.Network;

namespace NetControl.Engine;

/// <summary>Finds the kernel's word for what went wrong beneath an exception.</summary>
public static class PosixName
{
    /// <summary>The error's name, such as <c>ECONNREFUSED</c>; what a proxy's refusal amounts to; or empty.</summary>
    public static string Of(Exception? error)
    {
        DialFailure failure = DialFailure.Other;
        for (Exception? e = error; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case SocketFaultException fault:
                    return Name((int)fault.Errno);
                case SocketException socket
                    when socket.SocketErrorCode is not (SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain):
                    return Name(socket.NativeErrorCode);
                case DialException dial when failure is DialFailure.Other or DialFailure.ProxyUnreachable:
                    failure = dial.Failure;
                    break;
            }
        }

        return failure switch
        {
            DialFailure.Refused => nameof(Errno.ECONNREFUSED),
            DialFailure.NetworkUnreachable => nameof(Errno.ENETUNREACH),
            DialFailure.HostUnreachable => nameof(Errno.EHOSTUNREACH),
            DialFailure.TimedOut => nameof(Errno.ETIMEDOUT),
            DialFailure.NotAllowed => nameof(Errno.EACCES),
            _ => "",
        };
    }

    private static string Name(int number) => number == 0 ? ""
        : Enum.GetName((Errno)number) ?? string.Create(CultureInfo.InvariantCulture, $"Error {number} (0x{number:x})");
}
