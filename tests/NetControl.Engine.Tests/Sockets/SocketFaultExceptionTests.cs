using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Sockets;
using NetControl.Network;

namespace NetControl.Engine.Tests.Sockets;

public sealed class SocketFaultExceptionTests
{
    [Fact]
    public void EveryErrno_IsToldOnByItsName()
    {
        foreach (Errno errno in Enum.GetValues<Errno>().Where(errno => errno != Errno.None))
        {
            Assert.Equal(Enum.GetName(errno), PosixName.Of(new DialException(DialFailure.Other, "no", new SocketFaultException(errno))));
        }
    }
}
