using System.Net.Sockets;
using NetControl.Network;

namespace NetControl.Transport.Direct;

/// <summary>The one place where the platform's socket errors become the words of the seams.</summary>
internal static class SocketFailures
{
    /// <summary>Why a dial failed.</summary>
    public static DialFailure ToDialFailure(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => DialFailure.Refused,
        SocketError.NetworkUnreachable or SocketError.NetworkDown or SocketError.AddressFamilyNotSupported =>
            DialFailure.NetworkUnreachable,
        SocketError.HostUnreachable or SocketError.HostDown => DialFailure.HostUnreachable,
        SocketError.TimedOut => DialFailure.TimedOut,
        SocketError.AccessDenied => DialFailure.NotAllowed,
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain or SocketError.NoRecovery => DialFailure.NameNotResolved,
        SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable or SocketError.AddressNotAvailable => DialFailure.LocalLimit,
        _ => DialFailure.Other,
    };

    /// <summary>A failed dial as the seam's exception, with the platform's error beneath.</summary>
    public static DialException ToDialException(SocketException error, string what) =>
        new(ToDialFailure(error.SocketErrorCode), $"{what}: {error.Message}", error);

    /// <summary>What a datagram's send error says about its destination, if anything.</summary>
    public static UnreachableReason? ToUnreachable(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => UnreachableReason.Port,
        SocketError.HostUnreachable or SocketError.HostDown => UnreachableReason.Host,
        SocketError.NetworkUnreachable or SocketError.NetworkDown or SocketError.AddressFamilyNotSupported => UnreachableReason.Network,
        SocketError.AccessDenied => UnreachableReason.Prohibited,
        _ => null,
    };
}
