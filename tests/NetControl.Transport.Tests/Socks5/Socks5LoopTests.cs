using NetControl.Network;
using NetControl.Transport.Socks5;

namespace NetControl.Transport.Tests.Socks5;

/// <summary>
/// What an event loop relies on: no continuation leaves the call that completed the read, and a warm dial costs no garbage.
/// </summary>
public sealed class Socks5LoopTests
{
#if DEBUG
    // The compiler makes the state machines of async methods classes in debug builds; nothing can pool those.
    private const int GarbagePerDial = 2048;
#else
    private const int GarbagePerDial = 0;
#endif

    private const int Dials = 100;
    private static readonly HostPort Destination = HostPort.Parse("8.8.8.8:853");
    private static readonly byte[] Answer = Socks5AddressTests.Bytes("05 00 05 00 00 01 0a 00 00 01 13 88");

    [Fact]
    public void Dial_ReadsCompleteOnTheLoop_ContinuesInsideThem()
    {
        LoopThread.Run(() =>
        {
            var connection = new SignalledStreamConnection();
            Task<IStreamConnection> dial = new Socks5StreamDialer(new FixedEndpoint(connection)).DialAsync(Destination).AsTask();
            foreach (byte b in Answer)
            {
                Assert.False(dial.IsCompleted);
                connection.Feed(b);
            }

            Assert.True(dial.IsCompletedSuccessfully);
        });
    }

    [Fact]
    public void Association_OpensOnTheLoop_SendsWhatWaitedInsideTheSameCall()
    {
        LoopThread.Run(() =>
        {
            var connection = new SignalledStreamConnection();
            var datagrams = new MemoryPacketListener();
            var proxy = new PacketListenerProxy(new Socks5PacketListener(new FixedEndpoint(connection), datagrams));
            var receiver = new PacketReceiver();
            IPacketRequestSender sender = proxy.NewSession(receiver);
            sender.WriteTo([1], AddrPort.Parse("8.8.8.8:53"));
            connection.Feed(Answer);
            Assert.Single(datagrams.Last.Sent);
            sender.Close();
            Assert.True(receiver.Closed.Task.IsCompleted);
        });
    }

    [Fact]
    public void Dial_WarmedUp_AllocatesNothing()
    {
        LoopThread.Run(() =>
        {
            var connection = new SignalledStreamConnection();
            var dialer = new Socks5StreamDialer(new FixedEndpoint(connection));
            DialMany(dialer, connection);
            long before = GC.GetAllocatedBytesForCurrentThread();
            DialMany(dialer, connection);
            Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Dials, 0, GarbagePerDial);
        });
    }

    private static void DialMany(Socks5StreamDialer dialer, SignalledStreamConnection connection)
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
