using System.Net.Sockets;

namespace NetControl.Network.Tests;

public sealed class PosixNameTests
{
    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "EPERM")]
    [InlineData(11, "EAGAIN")]
    [InlineData(35, "EDEADLK")]
    [InlineData(41, "Error 41 (0x29)")]
    [InlineData(58, "Error 58 (0x3a)")]
    [InlineData(104, "ECONNRESET")]
    [InlineData(111, "ECONNREFUSED")]
    [InlineData(133, "EHWPOISON")]
    [InlineData(134, "Error 134 (0x86)")]
    [InlineData(-1, "Error -1 (0xffffffff)")]
    public void Number_HasItsName_OrIsTold(int number, string name) => Assert.Equal(name, PosixName.Of(number));

    [Fact]
    public void Exception_IsNamedByTheSystemCallBeneath()
    {
        Assert.Equal("ECONNRESET", PosixName.Of(new IOException("broken", new SocketException((int)SocketError.ConnectionReset))));
        Assert.Equal("EPIPE", PosixName.Of(new DialException(DialFailure.Refused, "refused", new NumberedException(32))));
        Assert.Equal("Error 4095 (0xfff)", PosixName.Of(new NumberedException(4095)));
    }

    [Theory]
    [InlineData(DialFailure.Refused, "ECONNREFUSED")]
    [InlineData(DialFailure.NetworkUnreachable, "ENETUNREACH")]
    [InlineData(DialFailure.HostUnreachable, "EHOSTUNREACH")]
    [InlineData(DialFailure.TimedOut, "ETIMEDOUT")]
    [InlineData(DialFailure.NotAllowed, "EACCES")]
    [InlineData(DialFailure.ProxyProtocol, "")]
    public void DialFailure_WithoutASystemCall_IsWhatItAmountsTo(DialFailure failure, string name)
    {
        Assert.Equal(name, PosixName.Of(new DialException(failure, "no")));
        Assert.Equal(name, PosixName.Of(new DialException(DialFailure.ProxyUnreachable, "no", new DialException(failure, "no"))));
    }

    [Fact]
    public void WhatIsNoSystemCalls_IsEmpty()
    {
        Assert.Equal("", PosixName.Of(null));
        Assert.Equal("", PosixName.Of(new EndOfStreamException()));
        SocketException unknown = new((int)SocketError.HostNotFound);
        Assert.Equal("", PosixName.Of(new DialException(DialFailure.NameNotResolved, "no", unknown)));
    }

    private sealed class NumberedException(int number) : IOException, IPosixError
    {
        public int ErrorNumber => number;
    }
}
