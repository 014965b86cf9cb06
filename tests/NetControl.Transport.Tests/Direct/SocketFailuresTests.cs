using System.Net.Sockets;
using NetControl.Network;
using NetControl.Transport.Direct;

namespace NetControl.Transport.Tests.Direct;

public sealed class SocketFailuresTests
{
    [Theory]
    [InlineData(SocketError.ConnectionRefused, DialFailure.Refused)]
    [InlineData(SocketError.NetworkUnreachable, DialFailure.NetworkUnreachable)]
    [InlineData(SocketError.AddressFamilyNotSupported, DialFailure.NetworkUnreachable)]
    [InlineData(SocketError.HostUnreachable, DialFailure.HostUnreachable)]
    [InlineData(SocketError.TimedOut, DialFailure.TimedOut)]
    [InlineData(SocketError.AccessDenied, DialFailure.NotAllowed)]
    [InlineData(SocketError.HostNotFound, DialFailure.NameNotResolved)]
    [InlineData(SocketError.TooManyOpenSockets, DialFailure.LocalLimit)]
    [InlineData(SocketError.AddressNotAvailable, DialFailure.LocalLimit)]
    [InlineData(SocketError.SocketError, DialFailure.Other)]
    public void DialFailure_SocketError_IsTheWordOfTheSeam(SocketError error, DialFailure expected)
    {
        DialException exception = SocketFailures.ToDialException(new SocketException((int)error), "dialling x");
        Assert.Equal(expected, exception.Failure);
        Assert.StartsWith("dialling x: ", exception.Message, StringComparison.Ordinal);
        Assert.IsType<SocketException>(exception.InnerException);
    }

    [Theory]
    [InlineData(SocketError.ConnectionRefused, UnreachableReason.Port)]
    [InlineData(SocketError.HostUnreachable, UnreachableReason.Host)]
    [InlineData(SocketError.NetworkUnreachable, UnreachableReason.Network)]
    [InlineData(SocketError.AccessDenied, UnreachableReason.Prohibited)]
    [InlineData(SocketError.WouldBlock, null)]
    public void Unreachable_SocketError_IsTheWordOfTheSeam(SocketError error, UnreachableReason? expected) =>
        Assert.Equal(expected, SocketFailures.ToUnreachable(error));
}
