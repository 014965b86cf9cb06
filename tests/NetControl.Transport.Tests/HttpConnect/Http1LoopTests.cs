using NetControl.Network;
using NetControl.Transport.HttpConnect;
using NetControl.Transport.Tests.Socks5;

namespace NetControl.Transport.Tests.HttpConnect;

/// <summary>What an event loop relies on: no continuation leaves the call that completed the read, and a warm dial costs next to no garbage.</summary>
public sealed class Http1LoopTests
{
#if DEBUG
    // The compiler makes the state machines of async methods classes in debug builds; nothing can pool those.
    private const int GarbagePerDial = 2048;
#else
    // The text of an address is made by the framework's class for it.
    private const int GarbagePerDial = 40;
#endif

    private const int Dials = 100;
    private static readonly HostPort Destination = HostPort.Parse("8.8.8.8:853");
    private static readonly byte[] Answer = "HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray();

    [Fact]
    public void Dial_ReadsCompleteOnTheLoop_ContinuesInsideThem()
    {
        LoopThread.Run(() =>
        {
            var connection = new SignalledStreamConnection();
            Task<IStreamConnection> dial = new Http1ConnectDialer(new FixedEndpoint(connection)).DialAsync(Destination).AsTask();
            foreach (byte b in Answer)
            {
                Assert.False(dial.IsCompleted);
                connection.Feed(b);
            }

            Assert.True(dial.IsCompletedSuccessfully);
        });
    }

    [Fact]
    public void Dial_WarmedUp_AllocatesNoMoreThanTheAddress()
    {
        LoopThread.Run(() =>
        {
            var connection = new SignalledStreamConnection();
            var dialer = new Http1ConnectDialer(new FixedEndpoint(connection));
            DialMany(dialer, connection);
            long before = GC.GetAllocatedBytesForCurrentThread();
            DialMany(dialer, connection);
            Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Dials, 0, GarbagePerDial);
        });
    }

    private static void DialMany(Http1ConnectDialer dialer, SignalledStreamConnection connection)
    {
        for (int i = 0; i < Dials; i++)
        {
            ValueTask<IStreamConnection> dial = dialer.DialAsync(Destination);
            connection.Feed(Answer);
            if (!dial.IsCompletedSuccessfully || dial.GetAwaiter().GetResult() != connection)
            {
                throw new InvalidOperationException("the dial left the loop");
            }
        }
    }
}
