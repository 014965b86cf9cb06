using System.Net.Sockets;

namespace NetControl.Network.Tests;

public sealed class NetworkExceptionTests
{
    [Theory]
    [InlineData(NetworkError.Closed, "network device already closed")]
    [InlineData(NetworkError.PortUnreachable, "port is not reachable")]
    [InlineData(NetworkError.MessageTooLarge, "message is larger than the MTU")]
    public void Error_Alone_HasItsStandardText(NetworkError error, string text)
    {
        var exception = new NetworkException(error);
        Assert.Equal((error, text), (exception.Error, exception.Message));
    }

    [Fact]
    public void Closed_IsNotAPlatformError()
    {
        Exception exception = new NetworkException(NetworkError.Closed);
        Assert.False(exception is ObjectDisposedException or SocketException or IOException or InvalidOperationException);
    }

    [Fact]
    public void Cause_IsKept()
    {
        var cause = new IOException("x");
        Assert.Same(cause, new NetworkException(NetworkError.PortUnreachable, "port 54", cause).InnerException);
        Assert.Same(cause, new DialException(DialFailure.Refused, "no", cause).InnerException);
        Assert.Equal(DialFailure.Refused, new DialException(DialFailure.Refused, "no").Failure);
    }
}
